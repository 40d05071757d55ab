//! An engine that is killed while it writes: what was answered is there, and no batch in part.
#![allow(clippy::unwrap_used, reason = "a panic fails the test")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use palan_contracts::{Change, StateStore, Table};
use palan_state::SqliteState;

const DATABASE: &str = "PALAN_TEST_STATE_DB";
const RECORDS: usize = 20;
const KILLS: u64 = 25;

fn changes(number: u64) -> Vec<Change> {
    let tables = [Table::Containers, Table::Networks];
    let key = |record| format!("record {record}");
    let mut changes: Vec<_> = (0..RECORDS)
        .map(|record| Change::Put {
            table: tables[record % 2],
            key: key(record),
            value: format!("{number} {}", "x".repeat(record * 300)).into_bytes(),
        })
        .collect();
    let old = key(RECORDS + usize::from(number.is_multiple_of(2)));
    let new = key(RECORDS + usize::from(!number.is_multiple_of(2)));
    let table = Table::Containers;
    changes.push(Change::Delete { table, key: old });
    changes.push(Change::Put {
        table,
        key: new,
        value: number.to_string().into_bytes(),
    });
    changes
}

/// Not a test by itself: the program that is killed. Prints the number of each batch once answered.
#[test]
fn killed_writer() {
    let Some(path) = std::env::var_os(DATABASE) else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let store = SqliteState::open(Path::new(&path)).unwrap();
        let mut number = newest(&store).await;
        loop {
            number += 1;
            store.apply(changes(number)).await.unwrap();
            println!("batch {number}");
        }
    });
}

/// The number of the batch that all records are of.
async fn newest(store: &SqliteState) -> u64 {
    let mut all = store.load(Table::Containers).await.unwrap();
    all.extend(store.load(Table::Networks).await.unwrap());
    if all.is_empty() {
        return 0;
    }
    assert_eq!(all.len(), RECORDS + 1, "records of exactly one batch");
    let number = |value: &[u8]| -> u64 {
        let text = std::str::from_utf8(value).unwrap();
        text.split(' ').next().unwrap().parse().unwrap()
    };
    let first = number(&all[0].1);
    for (key, value) in &all {
        assert_eq!(number(value), first, "{key} is of another batch");
    }
    first
}

/// Runs the writer until it has answered `batches` of them, kills it, and returns the last answered.
fn run_and_kill(path: &Path, batches: u64) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed_writer", "--nocapture"])
        .env(DATABASE, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut answered = 0;
    let mut seen = 0;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let Some(number) = line.unwrap().strip_prefix("batch ").map(str::to_owned) else {
            continue;
        };
        // A line that the kill cut short does not parse.
        answered = number.parse().unwrap_or(answered);
        seen += 1;
        if seen == batches {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(seen >= batches, "the writer ended by itself");
    answered
}

#[tokio::test]
async fn a_killed_engine_leaves_whole_batches() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("state.db");
    for round in 0..KILLS {
        let answered = run_and_kill(&path, 1 + round * 37 % 400);
        let store = SqliteState::open(&path).unwrap();
        let found = newest(&store).await;
        assert!(
            found >= answered,
            "batch {answered} was answered, {found} found"
        );
    }
}
