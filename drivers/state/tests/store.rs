//! The store as its contract describes it.
#![allow(clippy::unwrap_used, reason = "a panic fails the test")]

use palan_contracts::{Change, StateStore, Table};
use palan_model::ErrorKind;
use palan_state::{SqliteState, StateError};

fn put(table: Table, key: &str, value: &str) -> Change {
    Change::Put {
        table,
        key: key.to_owned(),
        value: value.as_bytes().to_vec(),
    }
}

fn delete(table: Table, key: &str) -> Change {
    Change::Delete {
        table,
        key: key.to_owned(),
    }
}

async fn records(store: &SqliteState, table: Table) -> Vec<(String, String)> {
    let text = |(key, value)| (key, String::from_utf8(value).unwrap());
    let records = store.load(table).await.unwrap();
    records.into_iter().map(text).collect()
}

fn pair(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

#[tokio::test]
async fn records_come_back_in_the_order_of_their_keys_after_reopening() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("state.db");
    let store = SqliteState::open(&path).unwrap();
    store
        .apply(vec![
            put(Table::Containers, "b", "1"),
            put(Table::Containers, "a", "2"),
            put(Table::Images, "a", "3"),
            put(Table::Containers, "c", "4"),
            delete(Table::Containers, "c"),
            put(Table::Containers, "b", "5"),
            delete(Table::Volumes, "never was"),
        ])
        .await
        .unwrap();
    let wanted = vec![pair("a", "2"), pair("b", "5")];
    assert_eq!(records(&store, Table::Containers).await, wanted);
    drop(store);
    let store = SqliteState::open(&path).unwrap();
    assert_eq!(records(&store, Table::Containers).await, wanted);
    assert_eq!(records(&store, Table::Images).await, vec![pair("a", "3")]);
    assert!(records(&store, Table::Networks).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_at_once_are_all_served() {
    let root = tempfile::tempdir().unwrap();
    let store = std::sync::Arc::new(SqliteState::open(root.path().join("state.db")).unwrap());
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..40 {
        let store = store.clone();
        tasks.spawn(async move {
            for round in 0..25 {
                let key = format!("{task:02}-{round:02}");
                store
                    .apply(vec![put(Table::Containers, &key, &key)])
                    .await
                    .unwrap();
                let found = store.load(Table::Containers).await.unwrap();
                assert!(found.iter().any(|(k, _)| *k == key), "reads own write");
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    assert_eq!(records(&store, Table::Containers).await.len(), 1000);
}

#[tokio::test]
async fn changes_are_applied_when_nobody_waits() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("state.db");
    let store = SqliteState::open(&path).unwrap();
    let mut apply = store.apply(vec![put(Table::Engine, "id", "x")]);
    // Polled once: the request is queued, then its caller goes away.
    let once = std::future::poll_fn(|context| {
        let _ = apply.as_mut().poll(context);
        std::task::Poll::Ready(())
    });
    once.await;
    drop(apply);
    drop(store);
    let store = SqliteState::open(&path).unwrap();
    assert_eq!(records(&store, Table::Engine).await, vec![pair("id", "x")]);
}

#[tokio::test]
async fn a_data_root_has_one_engine() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("state.db");
    let store = SqliteState::open(&path).unwrap();
    let error = SqliteState::open(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let text = error.to_string();
    assert!(text.contains(root.path().to_str().unwrap()), "{text}");
    assert!(text.contains(&std::process::id().to_string()), "{text}");
    drop(store);
    assert!(SqliteState::open(&path).is_ok());
}

#[tokio::test]
async fn a_newer_format_is_refused_and_left_alone() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("state.db");
    drop(SqliteState::open(&path).unwrap());
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let before = std::fs::read(&path).unwrap();
    let error = SqliteState::open(&path).unwrap_err();
    assert!(matches!(error, StateError::NewerFormat { found: 99, .. }));
    assert!(error.to_string().contains(path.to_str().unwrap()));
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn foreign_and_damaged_files_are_refused() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("state.db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute_batch("CREATE TABLE t (x)").unwrap();
    drop(connection);
    let error = SqliteState::open(&path).unwrap_err();
    assert!(matches!(error, StateError::Foreign { .. }), "{error}");
    std::fs::write(&path, vec![7; 8192]).unwrap();
    let error = SqliteState::open(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DataLoss, "{error}");
}

#[tokio::test]
async fn a_failed_write_names_the_file_and_changes_nothing() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("state.db");
    let store = SqliteState::open(&path).unwrap();
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "CREATE TRIGGER refuse BEFORE INSERT ON images WHEN new.key = 'bad'
             BEGIN SELECT RAISE(ABORT, 'refused'); END",
        )
        .unwrap();
    drop(connection);
    let good = store.apply(vec![put(Table::Images, "good", "1")]);
    let bad = store.apply(vec![
        put(Table::Images, "half", "1"),
        put(Table::Images, "bad", "1"),
    ]);
    let also_good = store.apply(vec![put(Table::Images, "also good", "1")]);
    let (good, bad, also_good) = tokio::join!(good, bad, also_good);
    assert!(good.is_ok() && also_good.is_ok());
    let text = bad.unwrap_err().chain();
    assert!(text.contains(path.to_str().unwrap()), "{text}");
    assert!(text.contains("refused"), "{text}");
    let wanted = vec![pair("also good", "1"), pair("good", "1")];
    assert_eq!(records(&store, Table::Images).await, wanted);
}
