use super::*;

#[test]
fn an_interrupted_upgrade_did_not_happen() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("state.db");
    {
        let mut connection = Connection::open(&path).unwrap();
        let transaction = connection.transaction().unwrap();
        transaction.execute_batch(STEPS[0]).unwrap();
    }
    assert!(open(&path).is_ok());
}

#[test]
fn settings_are_in_force() {
    let dir = tempfile::tempdir().unwrap();
    let connection = open(&dir.path().join("state.db")).unwrap();
    let text = |name| {
        connection
            .query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, String>(0))
            .unwrap()
    };
    let number = |name| {
        connection
            .query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    assert_eq!(text("journal_mode"), "wal");
    assert_eq!(number("synchronous"), 1);
    assert_eq!(number("cache_size"), -256);
    assert_eq!(number("user_version"), i64::from(known_format()));
}
