//! What `/proc` tells about processes (`proc(5)`).

use std::collections::HashMap;
use std::fs;
use std::io;
use std::time::Duration;

use palan_model::Timestamp;
use palan_model::process::ProcessInfo;

use crate::error::RuntimeError;

/// Describes those of the processes that still exist, in the order of their PIDs.
pub(crate) async fn describe(mut pids: Vec<u32>) -> Result<Vec<ProcessInfo>, RuntimeError> {
    pids.sort_unstable();
    pids.dedup();
    let read = tokio::task::spawn_blocking(move || {
        let host = Host::read()?;
        Ok(pids
            .into_iter()
            .filter_map(|pid| host.process(pid))
            .collect())
    });
    let result: io::Result<_> = read.await.map_err(io::Error::other).flatten();
    result.map_err(|e| RuntimeError::file("read", "/proc".as_ref(), e))
}

/// What all processes share.
struct Host {
    /// Seconds since 1970.
    booted: i64,
    ticks_per_second: u64,
    page_kib: u64,
    users: HashMap<u32, String>,
}

impl Host {
    fn read() -> io::Result<Self> {
        let stat = fs::read_to_string("/proc/stat")?;
        let booted = stat
            .lines()
            .find_map(|line| line.strip_prefix("btime ")?.parse().ok());
        // A host without a passwd file has users without names.
        let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
        Ok(Self {
            booted: booted.unwrap_or(0),
            ticks_per_second: rustix::param::clock_ticks_per_second(),
            page_kib: rustix::param::page_size() as u64 / 1024,
            users: user_names(&passwd),
        })
    }

    /// None when the process has ended.
    fn process(&self, pid: u32) -> Option<ProcessInfo> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let arguments = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let stat = Stat::parse(&stat)?;
        let uid = real_user(&status)?;
        Some(ProcessInfo {
            pid,
            parent: stat.parent,
            uid,
            user: self
                .users
                .get(&uid)
                .cloned()
                .unwrap_or_else(|| uid.to_string()),
            state: stat.state,
            terminal: terminal_name(stat.terminal),
            started: self.started(stat.start_ticks),
            cpu_time: self.duration(stat.cpu_ticks),
            virtual_kib: stat.virtual_bytes / 1024,
            resident_kib: stat.resident_pages * self.page_kib,
            command: command(&arguments, &stat.name),
            name: stat.name,
        })
    }

    fn duration(&self, ticks: u64) -> Duration {
        let nanos = u128::from(ticks) * 1_000_000_000 / u128::from(self.ticks_per_second);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    fn started(&self, ticks: u64) -> Timestamp {
        let since_boot = self.duration(ticks);
        Timestamp::from_second(self.booted)
            .and_then(|booted| booted.checked_add(since_boot))
            .unwrap_or_default()
    }
}

/// The fields of `/proc/<pid>/stat` that are wanted.
#[derive(Debug, PartialEq)]
struct Stat {
    name: String,
    state: char,
    parent: u32,
    terminal: u32,
    cpu_ticks: u64,
    start_ticks: u64,
    virtual_bytes: u64,
    resident_pages: u64,
}

impl Stat {
    fn parse(text: &str) -> Option<Self> {
        // The name is in parentheses and may contain some itself.
        let (begin, rest) = text.rsplit_once(')')?;
        let (_pid, name) = begin.split_once('(')?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        // Numbers as in the manual page, where the state is field 3.
        let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
        Some(Self {
            name: name.to_owned(),
            state: fields.first()?.chars().next()?,
            parent: u32::try_from(number(4)?).ok()?,
            terminal: u32::try_from(number(7)?).ok()?,
            cpu_ticks: number(14)? + number(15)?,
            start_ticks: number(22)?,
            virtual_bytes: number(23)?,
            resident_pages: number(24)?,
        })
    }
}

fn real_user(status: &str) -> Option<u32> {
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

fn user_names(passwd: &str) -> HashMap<u32, String> {
    let entries = passwd.lines().rev().filter_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        Some((fields.nth(1)?.parse().ok()?, name.to_owned()))
    });
    entries.collect()
}

/// Name of a terminal by its device number: `tty_nr` of `/proc/<pid>/stat`, major numbers from the
/// kernel's `devices.txt`.
fn terminal_name(device: u32) -> String {
    let major = device >> 8 & 0xfff;
    let minor = device & 0xff | device >> 12 & 0xfff00;
    match major {
        136..=143 => format!("pts/{}", (major - 136) * 256 + minor),
        4 if minor < 64 => format!("tty{minor}"),
        4 => format!("ttyS{}", minor - 64),
        5 if minor == 1 => "console".to_owned(),
        _ => "?".to_owned(),
    }
}

fn command(arguments: &[u8], name: &str) -> String {
    let mut words: Vec<_> = arguments
        .split(|b| *b == 0)
        .map(String::from_utf8_lossy)
        .collect();
    while words.last().is_some_and(|word| word.is_empty()) {
        words.pop();
    }
    if words.is_empty() {
        format!("[{name}]")
    } else {
        words.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stat_line_is_read() {
        let text = "42 (a) (b) S 1 42 42 34817 42 4194304 95 0 0 0 7 5 0 0 20 0 1 0 12345 2375680 172 18446744073709551615 1 1 0";
        let stat = Stat::parse(text).unwrap();
        assert_eq!(
            stat,
            Stat {
                name: "a) (b".to_owned(),
                state: 'S',
                parent: 1,
                terminal: 34817,
                cpu_ticks: 12,
                start_ticks: 12345,
                virtual_bytes: 2_375_680,
                resident_pages: 172,
            }
        );
        assert_eq!(terminal_name(34817), "pts/1");
        assert_eq!(terminal_name(0), "?");
        assert!(Stat::parse("42 (a) S 1").is_none());
    }

    #[test]
    fn commands_are_joined() {
        assert_eq!(command(b"sleep\x0010\0", "sleep"), "sleep 10");
        assert_eq!(command(b"sh\0-c\0\0", "sh"), "sh -c");
        assert_eq!(command(b"", "kworker"), "[kworker]");
    }

    #[test]
    fn the_first_name_of_a_user_counts() {
        let users = user_names("root:x:0:0::/root:/bin/sh\ntoor:x:0:0::/:/bin/sh\nbad\nx:x:7:7\n");
        assert_eq!(users[&0], "root");
        assert_eq!(users[&7], "x");
    }

    #[tokio::test]
    async fn this_process_is_described() {
        let pid = std::process::id();
        let found = describe(vec![pid, u32::MAX, pid]).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].pid, pid);
        assert_eq!(found[0].uid, rustix::process::getuid().as_raw());
        assert!(found[0].resident_kib > 0 && found[0].started < Timestamp::now());
    }
}
