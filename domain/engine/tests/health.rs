//! Health checks, over a host in memory, in time that passes when nothing else is to be done.

#![allow(clippy::unwrap_used)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use palan_contracts::fakes::{ExecProgram, World};
use palan_engine::Engine;
use palan_engine::containers::{ContainerQuery, Health, HealthStatus, StopOptions};
use palan_engine::events::EventQuery;
use palan_model::container::Healthcheck;
use palan_model::{ContainerSpec, Timestamp};
use support::{open, spec, with_image};

const SECOND: i64 = 1_000_000_000;

/// A container whose check is due every 10 seconds and may take 5.
fn checked(name: &str, test: &[&str]) -> ContainerSpec {
    let mut asked = spec(name);
    asked.config.healthcheck = Some(Healthcheck {
        test: test.iter().map(|word| (*word).to_owned()).collect(),
        interval: 10 * SECOND,
        timeout: 5 * SECOND,
        retries: 2,
        ..Healthcheck::default()
    });
    asked
}

async fn run(engine: &Engine, asked: ContainerSpec) {
    let created = engine.containers.create(asked).await.unwrap();
    let id = created.id.as_str();
    engine.containers.start(id).await.unwrap();
}

async fn health(engine: &Engine, name: &str) -> Option<Arc<Health>> {
    let view = engine.containers.inspect(name, false).await.unwrap();
    view.health
}

async fn status(engine: &Engine, name: &str) -> HealthStatus {
    health(engine, name).await.unwrap().status
}

async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

/// The actions of all events, those of the probes without what they run.
async fn actions(engine: &Engine) -> Vec<String> {
    let query = EventQuery {
        since: Some(Timestamp::UNIX_EPOCH),
        until: Some(Timestamp::from_second(1_800_000_000).unwrap()),
        ..EventQuery::default()
    };
    let mut events = engine.events.subscribe(query).unwrap();
    let mut actions = vec![];
    // All that happened is there at once; what comes is not waited for.
    while let Ok(Some(event)) = tokio::time::timeout(Duration::ZERO, events.next()).await {
        actions.push(event.action);
    }
    actions
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_succeeds_makes_healthy() {
    let world = World::new();
    let engine = with_image(&world).await;
    run(&engine, checked("web", &["CMD", "true"])).await;
    pass(9).await;
    assert_eq!(status(&engine, "web").await, HealthStatus::Starting);
    pass(2).await;
    let health = health(&engine, "web").await.unwrap();
    assert_eq!(health.status, HealthStatus::Healthy);
    assert_eq!(health.failing_streak, 0);
    assert_eq!(health.log.len(), 1);
    assert!(health.log[0].start < health.log[0].end);
    let view = engine.containers.inspect("web", false).await.unwrap();
    assert!(view.exec_ids.is_empty(), "probes are no exec instances");
    let actions = actions(&engine).await;
    assert!(
        actions.ends_with(
            &[
                "start",
                "exec_create: true ",
                "exec_start: true ",
                "exec_die",
                "health_status: healthy",
            ]
            .map(str::to_owned)
        ),
        "{actions:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn probes_that_fail_make_unhealthy_and_a_success_ends_that() {
    let world = World::new();
    let engine = with_image(&world).await;
    world.contents().exec_program = ExecProgram::Ends {
        code: 7,
        output: "no answer\n",
    };
    run(&engine, checked("web", &["CMD-SHELL", "probe"])).await;
    pass(11).await;
    let first = health(&engine, "web").await.unwrap();
    assert_eq!(first.status, HealthStatus::Starting);
    assert_eq!(first.failing_streak, 1);
    assert_eq!(first.log[0].exit_code, 7);
    assert_eq!(first.log[0].output, "no answer\n");
    pass(10).await;
    assert_eq!(status(&engine, "web").await, HealthStatus::Unhealthy);
    world.contents().exec_program = ExecProgram::Ends {
        code: 0,
        output: "",
    };
    pass(10).await;
    assert_eq!(status(&engine, "web").await, HealthStatus::Healthy);
    let actions = actions(&engine).await;
    let changes: Vec<_> = actions
        .iter()
        .filter_map(|action| action.strip_prefix("health_status: "))
        .collect();
    assert_eq!(changes, ["unhealthy", "healthy"]);
    assert!(actions.contains(&"exec_create: /bin/sh -c probe".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_takes_too_long_is_killed_and_fails() {
    let world = World::new();
    let engine = with_image(&world).await;
    world.contents().exec_program = ExecProgram::RunsOn;
    run(&engine, checked("web", &["CMD", "true"])).await;
    pass(12).await;
    let view = engine.containers.inspect("web", false).await.unwrap();
    assert_eq!(view.exec_ids.len(), 1, "as in Docker, while it runs");
    pass(4).await;
    let health = health(&engine, "web").await.unwrap();
    assert_eq!(health.log[0].exit_code, -1);
    assert_eq!(health.log[0].output, "Health check exceeded timeout (5s)");
    let view = engine.containers.inspect("web", false).await.unwrap();
    assert!(view.exec_ids.is_empty(), "it was killed");
    assert!(actions(&engine).await.contains(&"exec_die".to_owned()));
    pass(15).await;
    assert_eq!(status(&engine, "web").await, HealthStatus::Unhealthy);
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_cannot_be_run_fails() {
    let world = World::new();
    let engine = with_image(&world).await;
    world.contents().exec_program = ExecProgram::Missing;
    run(&engine, checked("web", &["CMD", "nosuch"])).await;
    pass(11).await;
    let health = health(&engine, "web").await.unwrap();
    assert_eq!(health.log[0].exit_code, -1);
    assert!(
        health.log[0]
            .output
            .ends_with("exec: \"nosuch\": executable file not found in $PATH: unknown"),
        "{}",
        health.log[0].output
    );
}

#[tokio::test(start_paused = true)]
async fn without_a_check_there_is_no_health() {
    let world = World::new();
    let engine = with_image(&world).await;
    run(&engine, spec("plain")).await;
    run(&engine, checked("none", &["NONE"])).await;
    engine
        .containers
        .create(checked("made", &["CMD", "true"]))
        .await
        .unwrap();
    pass(60).await;
    for name in ["plain", "none", "made"] {
        assert_eq!(health(&engine, name).await, None, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_probes_while_paused_or_ended() {
    let world = World::new();
    let engine = with_image(&world).await;
    run(&engine, checked("web", &["CMD", "true"])).await;
    pass(11).await;
    engine.containers.pause("web").await.unwrap();
    pass(100).await;
    let paused = health(&engine, "web").await.unwrap();
    assert_eq!(paused.status, HealthStatus::Unhealthy);
    assert_eq!(paused.log.len(), 1);
    engine.containers.unpause("web").await.unwrap();
    pass(11).await;
    let thawed = health(&engine, "web").await.unwrap();
    assert_eq!(thawed.status, HealthStatus::Healthy);
    assert_eq!(thawed.log.len(), 2);
    let options = StopOptions::default();
    engine.containers.stop("web", options).await.unwrap();
    pass(100).await;
    let ended = health(&engine, "web").await.unwrap();
    assert_eq!(ended.status, HealthStatus::Unhealthy);
    assert_eq!(ended.log.len(), 2);
    engine.containers.start("web").await.unwrap();
    let again = health(&engine, "web").await.unwrap();
    assert_eq!(again.status, HealthStatus::Starting);
    assert_eq!(again.log.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_probe_is_killed_when_the_checks_rest() {
    let world = World::new();
    let engine = with_image(&world).await;
    world.contents().exec_program = ExecProgram::RunsOn;
    run(&engine, checked("web", &["CMD", "true"])).await;
    pass(12).await;
    engine.containers.pause("web").await.unwrap();
    pass(1).await;
    let view = engine.containers.inspect("web", false).await.unwrap();
    assert!(view.exec_ids.is_empty());
    assert!(view.health.unwrap().log.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_new_engine_begins_with_starting() {
    let world = World::new();
    let engine = with_image(&world).await;
    run(&engine, checked("web", &["CMD", "true"])).await;
    pass(11).await;
    assert_eq!(status(&engine, "web").await, HealthStatus::Healthy);
    drop(engine);
    let engine = open(&world).await;
    assert_eq!(status(&engine, "web").await, HealthStatus::Starting);
    pass(11).await;
    assert_eq!(status(&engine, "web").await, HealthStatus::Healthy);
}

#[tokio::test(start_paused = true)]
async fn containers_are_found_by_their_health() {
    let world = World::new();
    let engine = with_image(&world).await;
    run(&engine, spec("none")).await;
    run(&engine, checked("healthy", &["CMD", "true"])).await;
    run(&engine, checked("unhealthy", &["CMD", "false"])).await;
    pass(21).await;
    run(&engine, checked("starting", &["CMD", "true"])).await;
    for value in ["none", "healthy", "unhealthy", "starting"] {
        let query = ContainerQuery {
            filters: [("health".to_owned(), vec![value.to_owned()])].into(),
            ..ContainerQuery::default()
        };
        let found = engine.containers.list(&query).await.unwrap();
        let names: Vec<_> = found.iter().map(|view| view.record.name.as_str()).collect();
        assert_eq!(names, [value]);
    }
}
