//! The processes of a container, in the columns of `ps`.

use std::time::Duration;

use palan_model::Timestamp;
use palan_model::process::ProcessInfo;

use super::Containers;
use crate::{Error, Result};

/// A table of processes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Top {
    /// Column titles.
    pub titles: Vec<String>,
    /// Rows.
    pub processes: Vec<Vec<String>>,
}

/// Columns of `ps -ef`.
const FULL: [&str; 8] = ["user", "pid", "ppid", "c", "stime", "tty", "time", "cmd"];
/// Columns of `ps aux`.
const BSD: [&str; 11] = [
    "user", "pid", "%cpu", "%mem", "vsz", "rss", "tty", "stat", "bsdstart", "bsdtime", "command",
];

pub(super) struct Now {
    pub time: Timestamp,
    pub memory_kib: u64,
}

impl Containers {
    /// Lists a container's processes. `arguments` are those of `ps`: `-ef`, `aux` or `-o` with a list
    /// of columns; empty for `-ef`.
    ///
    /// # Errors
    /// When the container does not run, or the arguments are of another form.
    pub async fn top(&self, name: &str, arguments: &str) -> Result<Top> {
        let record = self.find(name)?.record();
        if !record.state.phase.is_alive() {
            return Err(Error::NotRunning(record.id.to_string()));
        }
        let columns = parse_arguments(arguments)?;
        if !columns.iter().any(|(column, _)| column == "pid") {
            // Docker finds its processes in the output of `ps` by this column.
            return Err(Error::InvalidParameter(
                "Couldn't find PID field in ps output".to_owned(),
            ));
        }
        let processes = self.shared().drivers.runtime.processes(&record.id).await?;
        let now = Now {
            time: self.shared().drivers.clock.now(),
            memory_kib: self.shared().config.host.memory / 1024,
        };
        self.shared().event(&record, "top", []);
        let row = |process: &ProcessInfo| {
            columns
                .iter()
                .map(|(column, _)| cell(column, process, &now))
                .collect()
        };
        Ok(Top {
            titles: columns.iter().map(|(_, title)| title.clone()).collect(),
            processes: processes.iter().map(row).collect(),
        })
    }
}

/// Columns and their titles.
pub(super) fn parse_arguments(arguments: &str) -> Result<Vec<(String, String)>> {
    let words: Vec<_> = arguments.split_whitespace().collect();
    let titled = |columns: &[&str], titles: &[&str]| {
        let pairs = columns.iter().zip(titles);
        Ok(pairs
            .map(|(column, title)| ((*column).to_owned(), (*title).to_owned()))
            .collect())
    };
    match words[..] {
        [] | ["-ef"] | ["-fe"] => titled(
            &FULL,
            &["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"],
        ),
        ["aux" | "-aux" | "axu"] => titled(
            &BSD,
            &[
                "USER", "PID", "%CPU", "%MEM", "VSZ", "RSS", "TTY", "STAT", "START", "TIME",
                "COMMAND",
            ],
        ),
        _ => parse_output_option(&words)?.ok_or_else(|| {
            Error::InvalidParameter(format!(
                "unsupported arguments of ps: {arguments}: use -ef, aux or -o with columns"
            ))
        }),
    }
}

/// `-o pid,comm`, `-eo pid,comm`, `-opid -o comm`; none when there are other options.
fn parse_output_option(words: &[&str]) -> Result<Option<Vec<(String, String)>>> {
    let mut columns = vec![];
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let option = word
            .trim_start_matches('-')
            .trim_start_matches(['e', 'A', 'x', 'a']);
        let list = match option.strip_prefix('o') {
            Some("") => words.next().copied(),
            list => list,
        };
        let Some(list) = list else { return Ok(None) };
        for column in list.split(',') {
            let (column, own) = match column.split_once('=') {
                Some((column, own)) => (column, Some(own)),
                None => (column, None),
            };
            let title = title(column).ok_or_else(|| unknown(column))?;
            columns.push((column.to_owned(), own.unwrap_or(title).to_owned()));
        }
    }
    Ok((!columns.is_empty()).then_some(columns))
}

/// The words of `ps`, which Docker passes on as a failure of its own.
fn unknown(column: &str) -> Error {
    let text = format!("ps: error: unknown user-defined format specifier {column:?}");
    palan_contracts::Error::new(palan_model::ErrorKind::System, text).into()
}

fn title(column: &str) -> Option<&'static str> {
    Some(match column {
        "pid" => "PID",
        "ppid" => "PPID",
        "user" | "euser" => "USER",
        "uid" | "euid" => "UID",
        "comm" | "ucmd" => "COMMAND",
        "args" | "command" => "COMMAND",
        "cmd" => "CMD",
        "stime" => "STIME",
        "start" => "STARTED",
        "bsdstart" => "START",
        "time" | "cputime" | "bsdtime" => "TIME",
        "etime" => "ELAPSED",
        "tty" | "tt" | "tname" => "TTY",
        "stat" | "state" | "s" => "STAT",
        "vsz" | "vsize" => "VSZ",
        "rss" | "rssize" => "RSS",
        "pcpu" | "%cpu" => "%CPU",
        "pmem" | "%mem" => "%MEM",
        "c" => "C",
        _ => return None,
    })
}

pub(super) fn cell(column: &str, process: &ProcessInfo, now: &Now) -> String {
    match column {
        "pid" => process.pid.to_string(),
        "ppid" => process.parent.to_string(),
        "user" | "euser" => process.user.clone(),
        "uid" | "euid" => process.uid.to_string(),
        "comm" | "ucmd" => process.name.clone(),
        "args" | "command" | "cmd" => process.command.clone(),
        "stime" | "bsdstart" => start_time(process.started, now.time, "%H:%M", "%b%d"),
        "start" => start_time(process.started, now.time, "%H:%M:%S", "%b %d"),
        "time" | "cputime" => clock(process.cpu_time),
        "bsdtime" => minutes(process.cpu_time),
        "etime" => elapsed(age(process, now)),
        "tty" | "tt" | "tname" => process.terminal.clone(),
        "stat" | "state" | "s" => process.state.to_string(),
        "vsz" | "vsize" => process.virtual_kib.to_string(),
        "rss" | "rssize" => process.resident_kib.to_string(),
        "pcpu" | "%cpu" => format!("{:.1}", cpu_percent(process, now)),
        "pmem" | "%mem" => {
            format!(
                "{:.1}",
                ratio(process.resident_kib as f64, now.memory_kib as f64)
            )
        }
        "c" => format!("{:.0}", cpu_percent(process, now).floor()),
        _ => String::new(),
    }
}

fn age(process: &ProcessInfo, now: &Now) -> Duration {
    Duration::try_from(now.time.duration_since(process.started)).unwrap_or_default()
}

fn cpu_percent(process: &ProcessInfo, now: &Now) -> f64 {
    ratio(
        process.cpu_time.as_secs_f64(),
        age(process, now).as_secs_f64(),
    )
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 {
        part * 100.0 / whole
    } else {
        0.0
    }
}

/// `HH:MM:SS`, with days in front when there are any.
fn clock(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let days = match seconds / 86400 {
        0 => String::new(),
        days => format!("{days}-"),
    };
    format!(
        "{days}{:02}:{:02}:{:02}",
        seconds / 3600 % 24,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// As [`clock`], without hours when there are none.
fn elapsed(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds < 3600 {
        format!("{:02}:{:02}", seconds / 60, seconds % 60)
    } else {
        clock(duration)
    }
}

/// `M:SS`.
fn minutes(duration: Duration) -> String {
    let seconds = duration.as_secs();
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// The time within a day, else the date, as `ps` does.
fn start_time(started: Timestamp, now: Timestamp, time: &str, date: &str) -> String {
    let zoned = started.to_zoned(jiff::tz::TimeZone::UTC);
    let recent = now.duration_since(started) < jiff::SignedDuration::from_hours(24);
    zoned.strftime(if recent { time } else { date }).to_string()
}
