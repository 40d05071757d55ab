//! Columns of `ps`.

use std::time::Duration;

use palan_model::Timestamp;
use palan_model::process::ProcessInfo;

use super::super::top::{Now, cell, parse_arguments};

fn titles(arguments: &str) -> Result<String, String> {
    let columns = parse_arguments(arguments).map_err(|error| error.to_string())?;
    let titles: Vec<_> = columns.into_iter().map(|(_, title)| title).collect();
    Ok(titles.join(" "))
}

#[test]
fn arguments_are_those_of_ps() {
    for (arguments, expected) in [
        ("", "UID PID PPID C STIME TTY TIME CMD"),
        ("-ef", "UID PID PPID C STIME TTY TIME CMD"),
        (
            "aux",
            "USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND",
        ),
        ("-o pid,comm", "PID COMMAND"),
        ("-opid -o args", "PID COMMAND"),
        ("-eo pid,user=WHO", "PID WHO"),
        ("o pid,etime", "PID ELAPSED"),
    ] {
        assert_eq!(titles(arguments).unwrap(), expected, "{arguments}");
    }
    assert_eq!(
        titles("-o nope").unwrap_err(),
        "ps: error: unknown user-defined format specifier \"nope\""
    );
    for arguments in ["-o", "--forest", "-x", "-o pid --sort rss"] {
        let error = titles(arguments).unwrap_err();
        assert!(error.starts_with("unsupported arguments of ps"), "{error}");
    }
}

#[test]
fn cells_look_like_those_of_ps() {
    let started: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
    let process = ProcessInfo {
        pid: 42,
        parent: 1,
        uid: 0,
        user: "root".to_owned(),
        state: 'S',
        terminal: "?".to_owned(),
        started,
        cpu_time: Duration::from_secs(90),
        virtual_kib: 100,
        resident_kib: 25,
        name: "sh".to_owned(),
        command: "sh -c true".to_owned(),
    };
    let after = |seconds: i64| Now {
        time: started + jiff::SignedDuration::from_secs(seconds),
        memory_kib: 1000,
    };
    for (column, seconds, text) in [
        ("pid", 0, "42"),
        ("%mem", 0, "2.5"),
        ("%cpu", 900, "10.0"),
        ("c", 900, "10"),
        ("c", 0, "0"),
        ("time", 900, "00:01:30"),
        ("bsdtime", 900, "1:30"),
        ("etime", 65, "01:05"),
        ("etime", 3665, "01:01:05"),
        ("etime", 90_061, "1-01:01:01"),
        ("start", 60, "03:04:05"),
        ("start", 90_000, "Jan 02"),
        ("stime", 60, "03:04"),
        ("stime", 90_000, "Jan02"),
        ("bsdstart", 60, "03:04"),
        ("args", 0, "sh -c true"),
    ] {
        assert_eq!(cell(column, &process, &after(seconds)), text, "{column}");
    }
}
