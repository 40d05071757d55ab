//! When instances are forgotten.

#![allow(clippy::unwrap_used)]

use palan_model::runner::ExecExit;
use palan_model::{ContainerId, ExecId, ExecRecord, ExecSpec};

use super::ExecTable;
use super::table::{KEPT, MOST_ENDED};

fn create(table: &ExecTable, container: &ContainerId) -> ExecId {
    let id = ExecId::random();
    table.insert(ExecRecord {
        id: id.clone(),
        container: container.clone(),
        spec: ExecSpec::default(),
        running: false,
        exit_code: None,
        pid: 0,
        can_remove: false,
    });
    id
}

#[tokio::test(start_paused = true)]
async fn an_ended_instance_can_be_asked_for_some_minutes() {
    let (table, container) = (ExecTable::default(), ContainerId::random());
    let (ended, fresh) = (create(&table, &container), create(&table, &container));
    table.claim(ended.as_str()).unwrap();
    table.end(&ended, 3);
    table.end(&ended, 137);
    tokio::time::advance(KEPT / 2).await;
    assert_eq!(table.get(ended.as_str()).unwrap().exit_code, Some(3));
    assert_eq!(table.of(&container), std::slice::from_ref(&fresh));
    tokio::time::advance(KEPT).await;
    table.get(ended.as_str()).unwrap_err();
    table.get(fresh.as_str()).unwrap();
}

#[tokio::test]
async fn many_instances_in_a_short_time_do_not_fill_the_memory() {
    let (table, container) = (ExecTable::default(), ContainerId::random());
    let first = create(&table, &container);
    table.end(&first, 0);
    for _ in 0..MOST_ENDED {
        let id = create(&table, &container);
        table.end(&id, 0);
        table.get(id.as_str()).unwrap();
    }
    table.get(first.as_str()).unwrap_err();
}

#[tokio::test]
async fn instances_end_with_their_container() {
    let (table, container) = (ExecTable::default(), ContainerId::random());
    let (told, killed, fresh) = (
        create(&table, &container),
        create(&table, &container),
        create(&table, &container),
    );
    table.claim(told.as_str()).unwrap();
    table.claim(killed.as_str()).unwrap();
    table.claim(killed.as_str()).unwrap_err();
    let exit = ExecExit {
        id: told.clone(),
        code: 5,
    };
    table.container_ended(&container, &[exit]);
    assert_eq!(table.get(told.as_str()).unwrap().exit_code, Some(5));
    assert_eq!(table.get(killed.as_str()).unwrap().exit_code, Some(137));
    table.get(fresh.as_str()).unwrap_err();
    table.forget(&container);
    table.get(told.as_str()).unwrap_err();
}
