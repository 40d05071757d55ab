//! `--ulimit name=soft[:hard]`; -1 is unlimited.

use std::collections::BTreeMap;

use palan_docker_api::container::Ulimit;

use crate::cli::args::FlagValue;

const NAMES: [&str; 15] = [
    "core",
    "cpu",
    "data",
    "fsize",
    "locks",
    "memlock",
    "msgqueue",
    "nice",
    "nofile",
    "nproc",
    "rss",
    "rtprio",
    "rttime",
    "sigpending",
    "stack",
];

/// Limits by name; a later one of the same name wins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ulimits(BTreeMap<String, Ulimit>);

impl Ulimits {
    /// Sorted by name.
    pub fn to_list(&self) -> Vec<Ulimit> {
        self.0.values().cloned().collect()
    }
}

impl FlagValue for Ulimits {
    const WORD: &'static str = "ulimit";

    fn set(&mut self, text: &str) -> Result<(), String> {
        let ulimit = parse(text)?;
        self.0.insert(ulimit.name.clone(), ulimit);
        Ok(())
    }
}

fn parse(text: &str) -> Result<Ulimit, String> {
    let (name, limits) = text
        .split_once('=')
        .ok_or_else(|| format!("invalid ulimit argument: {text}"))?;
    if !NAMES.contains(&name) {
        return Err(format!("invalid ulimit type: {name}"));
    }
    let number = |digits: &str| -> Result<i64, String> {
        digits
            .parse()
            .map_err(|_| format!("strconv.ParseInt: parsing {digits:?}: invalid syntax"))
    };
    let parts: Vec<&str> = limits.split(':').collect();
    let (soft, hard) = match parts[..] {
        [both] => (number(both)?, number(both)?),
        [soft, hard] => {
            let hard = number(hard)?;
            (number(soft)?, hard)
        }
        _ => {
            return Err(format!(
                "too many limit value arguments - {limits}, can only have up to two, `soft[:hard]`"
            ));
        }
    };
    let rule = "ulimit soft limit must be less than or equal to hard limit:";
    if hard != -1 && soft == -1 {
        return Err(format!("{rule} soft: -1 (unlimited), hard: {hard}"));
    }
    if hard != -1 && soft > hard {
        return Err(format!("{rule} {soft} > {hard}"));
    }
    Ok(Ulimit {
        name: name.to_owned(),
        hard,
        soft,
    })
}
