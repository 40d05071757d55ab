//! Flag values that are checked but sent as they are, and CPU counts.

use std::net::IpAddr;

use crate::cli::args::FlagValue;

/// A list of which each element passes a check before it is taken.
macro_rules! checked_list {
    ($(#[$meta:meta])* $List:ident, $word:literal, $check:expr) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct $List(pub Vec<String>);

        impl FlagValue for $List {
            const WORD: &'static str = $word;

            fn set(&mut self, text: &str) -> Result<(), String> {
                let check: fn(&str) -> Result<String, String> = $check;
                self.0.push(check(text)?);
                Ok(())
            }
        }
    };
}

checked_list!(
    /// Streams to attach to.
    Streams, "list", |text| {
        let lower = text.to_lowercase();
        if matches!(lower.as_str(), "stdin" | "stdout" | "stderr") {
            Ok(lower)
        } else {
            Err("valid streams are STDIN, STDOUT and STDERR".to_owned())
        }
    }
);

checked_list!(
    /// Addresses of name servers.
    Addresses, "list", |text| {
        let address: Result<IpAddr, _> = text.trim().parse();
        address
            .map(|address| address.to_string())
            .map_err(|_| format!("IP address is not correctly formatted: {text}"))
    }
);

checked_list!(
    /// Domains to search.
    Domains, "list", |text| {
        let domain = text.trim_matches(' ');
        if domain == "." {
            return Ok(domain.to_owned());
        }
        let label = |label: &str| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        let bare = domain.strip_suffix('.').unwrap_or(domain);
        let valid = bare.len() < 255
            && bare.bytes().any(|byte| byte.is_ascii_alphabetic())
            && bare.split('.').all(label);
        if valid {
            Ok(bare.to_owned())
        } else {
            Err(format!("{domain} is not a valid domain"))
        }
    }
);

checked_list!(
    /// Names with their addresses for `/etc/hosts`: `name:address` or `name=address`.
    ExtraHosts, "list", |text| {
        let (name, address) = match text.split_once('=') {
            Some(pair) => pair,
            None => text.split_once(':').unwrap_or((text, "")),
        };
        if name.is_empty() || address.is_empty() {
            return Err(format!("bad format for add-host: {text:?}"));
        }
        let bare = address
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .unwrap_or(address);
        if bare != "host-gateway" && bare.parse::<IpAddr>().is_err() {
            return Err(format!("invalid IP address in add-host: {address:?}"));
        }
        Ok(format!("{name}:{bare}"))
    }
);

checked_list!(
    /// Links, `container[:alias]`.
    Links, "list", |text| {
        if text.is_empty() {
            return Err("empty string specified for links".to_owned());
        }
        if text.matches(':').count() > 1 {
            return Err(format!("bad format for links: {text}"));
        }
        Ok(text.to_owned())
    }
);

/// Kernel parameters that belong to a container's namespaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sysctls(pub std::collections::BTreeMap<String, String>);

impl FlagValue for Sysctls {
    const WORD: &'static str = "map";

    fn set(&mut self, text: &str) -> Result<(), String> {
        let refused = || format!("sysctl '{text}' is not allowed");
        let (name, value) = text.split_once('=').ok_or_else(refused)?;
        let of_ipc = [
            "msgmax",
            "msgmnb",
            "msgmni",
            "sem",
            "shmall",
            "shmmax",
            "shmmni",
            "shm_rmid_forced",
        ];
        let allowed = name.starts_with("net.")
            || name.starts_with("fs.mqueue.")
            || name
                .strip_prefix("kernel.")
                .is_some_and(|rest| of_ipc.contains(&rest));
        if !allowed {
            return Err(refused());
        }
        self.0.insert(name.to_owned(), value.to_owned());
        Ok(())
    }
}

/// A number of CPUs as billionths: `1.5`, `1e-1`, `3/2`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NanoCpus(pub i64);

impl FlagValue for NanoCpus {
    const WORD: &'static str = "decimal";

    fn set(&mut self, text: &str) -> Result<(), String> {
        let failed = || format!("failed to parse {text} as a rational number");
        let (numerator, denominator) = match text.split_once('/') {
            Some((top, bottom)) => (top, bottom.parse::<i128>().map_err(|_| failed())?),
            None => (text, 1),
        };
        let (nano, scale) = decimal_to_nano(numerator).ok_or_else(failed)?;
        if denominator == 0 {
            return Err(failed());
        }
        let divisor = denominator * scale;
        if nano % divisor != 0 {
            return Err("value is too precise".to_owned());
        }
        self.0 = i64::try_from(nano / divisor).map_err(|_| failed())?;
        Ok(())
    }
}

/// A decimal number in billionths, as a fraction (numerator, denominator).
fn decimal_to_nano(text: &str) -> Option<(i128, i128)> {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(index) => (&text[..index], text[index + 1..].parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    let power = exponent + 9 - i32::try_from(fraction.len()).ok()?;
    let scale = 10i128.checked_pow(power.unsigned_abs())?;
    if power >= 0 {
        Some((digits.checked_mul(scale)?, 1))
    } else {
        Some((digits, scale))
    }
}

/// `92:d0:c6:0a:29:33`, with `:` or `-` between six or eight pairs of digits.
pub fn is_mac_address(text: &str) -> bool {
    let separator = if text.contains('-') { '-' } else { ':' };
    let pairs: Vec<&str> = text.trim().split(separator).collect();
    matches!(pairs.len(), 6 | 8)
        && pairs
            .iter()
            .all(|pair| pair.len() == 2 && pair.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
