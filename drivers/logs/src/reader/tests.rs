use std::path::Path;
use std::time::Duration;

use palan_contracts::{LogReader, LogStore};
use palan_model::Timestamp;
use palan_model::log::{LogQuery, LogSpec, StdStream};
use proptest::prelude::*;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::{JsonFileLogs, LogWriter};

/// Longer than anything here takes; only a reader that hangs meets it.
const BOUND: Duration = Duration::from_secs(20);

fn spec(directory: &Path, max_size: Option<u64>, max_files: u32) -> LogSpec {
    LogSpec {
        path: directory.join("c-json.log"),
        max_size,
        max_files,
    }
}

fn all() -> LogQuery {
    LogQuery {
        stdout: true,
        stderr: true,
        ..LogQuery::default()
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// Writes lines `from..to`, each at the second of its number; every third to the standard error.
fn write_lines(log: &mut LogWriter, from: i64, to: i64) {
    for number in from..to {
        let stream = if number % 3 == 0 {
            StdStream::Stderr
        } else {
            StdStream::Stdout
        };
        log.write(stream, format!("{number}\n").as_bytes(), at(number))
            .unwrap();
    }
}

async fn open(spec: &LogSpec, query: LogQuery, alive: watch::Receiver<bool>) -> Box<dyn LogReader> {
    JsonFileLogs.read(spec, query, alive).await.unwrap()
}

async fn next(reader: &mut Box<dyn LogReader>) -> Option<i64> {
    let entry = timeout(BOUND, reader.next())
        .await
        .expect("no entry came")
        .unwrap()?;
    Some(
        String::from_utf8(entry.message)
            .unwrap()
            .trim_end()
            .parse()
            .unwrap(),
    )
}

async fn rest(reader: &mut Box<dyn LogReader>) -> Vec<i64> {
    let mut numbers = Vec::new();
    while let Some(number) = next(reader).await {
        numbers.push(number);
    }
    numbers
}

async fn read(spec: &LogSpec, query: LogQuery) -> Vec<i64> {
    let (_alive, receiver) = watch::channel(true);
    rest(&mut open(spec, query, receiver).await).await
}

#[tokio::test]
async fn a_log_that_does_not_exist_is_empty() {
    let directory = tempfile::tempdir().unwrap();
    assert!(
        read(&spec(directory.path(), None, 1), all())
            .await
            .is_empty()
    );
    let nowhere = spec(&directory.path().join("missing"), None, 1);
    let (_, ended) = watch::channel(false);
    let query = LogQuery {
        follow: true,
        ..all()
    };
    assert!(
        rest(&mut open(&nowhere, query, ended).await)
            .await
            .is_empty()
    );
    JsonFileLogs.remove(&nowhere).await.unwrap();
}

#[tokio::test]
async fn filters_by_stream_time_and_tail() {
    let directory = tempfile::tempdir().unwrap();
    let spec = spec(directory.path(), Some(150), 5);
    write_lines(&mut LogWriter::open(&spec).unwrap(), 0, 12);
    assert!(
        directory.path().join("c-json.log.3").exists(),
        "the log was rotated"
    );
    let everything: Vec<i64> = (0..12).collect();
    assert_eq!(read(&spec, all()).await, everything);
    let errors = LogQuery {
        stdout: false,
        ..all()
    };
    assert_eq!(read(&spec, errors).await, [0, 3, 6, 9]);
    let between = LogQuery {
        since: Some(at(4)),
        until: Some(at(6)),
        ..all()
    };
    assert_eq!(read(&spec, between).await, [4, 5, 6]);
    for tail in 0..14 {
        let query = LogQuery {
            tail: Some(tail),
            ..all()
        };
        let expected: Vec<i64> = (12 - i64::try_from(tail).unwrap().min(12)..12).collect();
        assert_eq!(read(&spec, query).await, expected, "tail {tail}");
    }
    // As in Docker, lines are counted before streams are chosen.
    let query = LogQuery {
        tail: Some(4),
        stdout: false,
        ..all()
    };
    assert_eq!(read(&spec, query).await, [9]);
}

#[tokio::test]
async fn torn_lines_are_skipped_and_the_rest_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let spec = spec(directory.path(), None, 1);
    write_lines(&mut LogWriter::open(&spec).unwrap(), 1, 3);
    let whole = std::fs::read(&spec.path).unwrap();
    let torn = [&whole[..], b"{\"log\":\"7\\n\",\"str"].concat();
    std::fs::write(&spec.path, &torn).unwrap();
    assert_eq!(read(&spec, all()).await, [1, 2]);
    let last = LogQuery {
        tail: Some(1),
        ..all()
    };
    assert_eq!(read(&spec, last).await, [2]);
    write_lines(&mut LogWriter::open(&spec).unwrap(), 8, 10);
    assert_eq!(read(&spec, all()).await, [1, 2, 8, 9]);
    std::fs::write(
        &spec.path,
        [&vec![b'x'; 3 << 20][..], b"\n", &whole].concat(),
    )
    .unwrap();
    assert_eq!(read(&spec, all()).await, [1, 2]);
}

#[tokio::test]
async fn following_ends_when_the_container_has_ended() {
    let directory = tempfile::tempdir().unwrap();
    let spec = spec(directory.path(), None, 1);
    let (alive, receiver) = watch::channel(true);
    let query = LogQuery {
        follow: true,
        ..all()
    };
    // The file does not exist yet.
    let mut reader = open(&spec, query, receiver.clone()).await;
    let mut log = {
        let waiting = tokio::spawn(async move { (next(&mut reader).await, reader) });
        let mut log = LogWriter::open(&spec).unwrap();
        write_lines(&mut log, 1, 2);
        let (first, again) = waiting.await.unwrap();
        assert_eq!(first, Some(1));
        reader = again;
        log
    };
    write_lines(&mut log, 2, 4);
    assert_eq!(next(&mut reader).await, Some(2));
    assert_eq!(next(&mut reader).await, Some(3));
    let waiting = tokio::spawn(async move { rest(&mut reader).await });
    write_lines(&mut log, 4, 6);
    alive.send(false).unwrap();
    assert_eq!(waiting.await.unwrap(), [4, 5]);
    // A sender that is gone counts as an end.
    let mut reader = open(
        &spec,
        LogQuery {
            follow: true,
            tail: Some(1),
            ..all()
        },
        receiver,
    )
    .await;
    drop(alive);
    assert_eq!(rest(&mut reader).await, [5]);
}

#[tokio::test]
async fn a_cancelled_read_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let spec = spec(directory.path(), None, 1);
    let (alive, receiver) = watch::channel(true);
    let mut reader = open(
        &spec,
        LogQuery {
            follow: true,
            ..all()
        },
        receiver,
    )
    .await;
    let mut log = LogWriter::open(&spec).unwrap();
    let mut numbers = Vec::new();
    for number in 0..50 {
        write_lines(&mut log, number, number + 1);
        // Gives the reader a few steps of its work, then drops it.
        tokio::select! {
            biased;
            entry = next(&mut reader) => numbers.extend(entry),
            () = async { for _ in 0..number % 7 { tokio::task::yield_now().await; } } => {}
        }
    }
    alive.send(false).unwrap();
    numbers.extend(rest(&mut reader).await);
    assert_eq!(numbers, (0..50).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn following_goes_through_rotation() {
    let directory = tempfile::tempdir().unwrap();
    // So many files that none is dropped before the reader has seen it.
    let spec = spec(directory.path(), Some(2000), 200);
    let (alive, receiver) = watch::channel(true);
    let mut reader = open(
        &spec,
        LogQuery {
            follow: true,
            ..all()
        },
        receiver,
    )
    .await;
    let reading = tokio::spawn(async move { rest(&mut reader).await });
    let writing = tokio::task::spawn_blocking(move || {
        write_lines(&mut LogWriter::open(&spec).unwrap(), 0, 3000);
        alive.send(false).unwrap();
    });
    writing.await.unwrap();
    assert_eq!(reading.await.unwrap(), (0..3000).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn following_survives_files_that_vanish() {
    for max_files in 1..3 {
        let directory = tempfile::tempdir().unwrap();
        let spec = spec(directory.path(), Some(300), max_files);
        let (alive, receiver) = watch::channel(true);
        let mut reader = open(
            &spec,
            LogQuery {
                follow: true,
                ..all()
            },
            receiver,
        )
        .await;
        let reading = tokio::spawn(async move { rest(&mut reader).await });
        let writing = tokio::task::spawn_blocking(move || {
            write_lines(&mut LogWriter::open(&spec).unwrap(), 0, 2000);
            alive.send(false).unwrap();
        });
        writing.await.unwrap();
        let numbers = reading.await.unwrap();
        assert!(numbers.is_sorted(), "{numbers:?}");
        assert_eq!(numbers.last(), Some(&1999));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn what_was_written_is_read(
        count in 0i64..60,
        tail in proptest::option::of(0u64..70),
        max_size in proptest::option::of(60u64..2000),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let directory = tempfile::tempdir().unwrap();
        let spec = spec(directory.path(), max_size, 100);
        write_lines(&mut LogWriter::open(&spec).unwrap(), 0, count);
        let query = LogQuery { tail, ..all() };
        let from = tail.map_or(0, |tail| count - count.min(i64::try_from(tail).unwrap()));
        prop_assert_eq!(runtime.block_on(read(&spec, query)), (from..count).collect::<Vec<_>>());
    }
}
