use super::*;

fn spec(directory: &Path, max_size: Option<u64>, max_files: u32) -> LogSpec {
    LogSpec {
        path: directory.join("c-json.log"),
        max_size,
        max_files,
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn line(text: &str, stream: &str, second: u32) -> String {
    format!(
        "{{\"log\":\"{text}\",\"stream\":\"{stream}\",\"time\":\"1970-01-01T00:00:{second:02}Z\"}}\n"
    )
}

#[test]
fn complete_lines_are_in_the_file_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let spec = spec(directory.path(), None, 1);
    let mut log = LogWriter::open(&spec).unwrap();
    log.write(StdStream::Stdout, b"a\nb\nhal", at(1)).unwrap();
    log.write(StdStream::Stderr, b"error\n", at(2)).unwrap();
    let first =
        line("a\\n", "stdout", 1) + &line("b\\n", "stdout", 1) + &line("error\\n", "stderr", 2);
    assert_eq!(fs::read_to_string(&spec.path).unwrap(), first);
    log.write(StdStream::Stdout, b"f", at(3)).unwrap();
    log.finish(StdStream::Stdout, at(4)).unwrap();
    log.finish(StdStream::Stderr, at(4)).unwrap();
    let whole = first + &line("half", "stdout", 4);
    assert_eq!(fs::read_to_string(&spec.path).unwrap(), whole);
}

#[test]
fn a_log_is_continued() {
    let directory = tempfile::tempdir().unwrap();
    let spec = spec(directory.path(), Some(100), 2);
    for second in 1..=2 {
        let mut log = LogWriter::open(&spec).unwrap();
        log.write(StdStream::Stdout, b"again\n", at(second))
            .unwrap();
    }
    let text = fs::read_to_string(&spec.path).unwrap();
    assert_eq!(
        text,
        line("again\\n", "stdout", 1) + &line("again\\n", "stdout", 2)
    );
    // The size of what was there counts.
    let mut log = LogWriter::open(&spec).unwrap();
    log.write(StdStream::Stdout, b"new\n", at(3)).unwrap();
    assert_eq!(
        fs::read_to_string(&spec.path).unwrap(),
        line("new\\n", "stdout", 3)
    );
    assert_eq!(fs::read_to_string(numbered(&spec.path, 1)).unwrap(), text);
}

#[test]
fn full_files_are_rotated_within_one_batch() {
    let directory = tempfile::tempdir().unwrap();
    // An entry has 61 bytes: two reach the size, the third goes to a new file.
    let spec = spec(directory.path(), Some(100), 3);
    let mut log = LogWriter::open(&spec).unwrap();
    log.write(StdStream::Stdout, b"0\n1\n2\n3\n4\n5\n6\n", at(0))
        .unwrap();
    let read = |index| fs::read_to_string(numbered(&spec.path, index)).unwrap_or_default();
    let pair = |a: u32, b: u32| {
        line(&format!("{a}\\n"), "stdout", 0) + &line(&format!("{b}\\n"), "stdout", 0)
    };
    assert_eq!(read(0), line("6\\n", "stdout", 0));
    assert_eq!(read(1), pair(4, 5));
    assert_eq!(read(2), pair(2, 3));
    assert!(!numbered(&spec.path, 3).exists());
}

#[test]
fn a_single_file_starts_over() {
    let directory = tempfile::tempdir().unwrap();
    let spec = spec(directory.path(), Some(100), 1);
    let mut log = LogWriter::open(&spec).unwrap();
    log.write(StdStream::Stdout, b"0\n1\n2\n", at(0)).unwrap();
    assert_eq!(
        fs::read_to_string(&spec.path).unwrap(),
        line("2\\n", "stdout", 0)
    );
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn a_full_disk_leaves_whole_entries() {
    // A write to /dev/full always fails with "no space left on device".
    let spec = LogSpec {
        path: "/dev/full".into(),
        max_size: None,
        max_files: 1,
    };
    let mut log = LogWriter::open(&spec).unwrap();
    let error = log.write(StdStream::Stdout, b"a\n", at(0)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "write to log file /dev/full: No space left on device (os error 28)"
    );
    assert_eq!(log.file.size, 0);
}
