//! The life of containers, over a host in memory.

#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use palan_contracts::fakes::{Program, World};
use palan_engine::Error;
use palan_engine::containers::{RemoveOptions, StopOptions, WaitCondition};
use palan_engine::events::EventQuery;
use palan_model::container::Phase;
use palan_model::host::RestartMode;
use palan_model::port::PortBinding;
use palan_model::{ErrorKind, Timestamp};
use support::{open, spec, with_image};

async fn phase(engine: &palan_engine::Engine, name: &str) -> Phase {
    engine
        .containers
        .inspect(name, false)
        .await
        .unwrap()
        .record
        .state
        .phase
}

#[tokio::test]
async fn a_container_is_created_started_stopped_and_removed() {
    let world = World::new();
    let engine = with_image(&world).await;
    engine.containers.create(spec("web")).await.unwrap();
    assert_eq!(phase(&engine, "web").await, Phase::Created);
    engine.containers.start("web").await.unwrap();
    assert_eq!(phase(&engine, "web").await, Phase::Running);
    assert_eq!(world.contents().leases.len(), 1);

    let again = engine.containers.start("web").await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::NotModified);
    let refused = engine
        .containers
        .remove("web", RemoveOptions::default())
        .await
        .unwrap_err();
    assert!(
        refused
            .to_string()
            .starts_with("You cannot remove a running container"),
        "{refused}"
    );

    let wait = engine
        .containers
        .wait("web", WaitCondition::NextExit)
        .unwrap();
    engine
        .containers
        .stop("web", StopOptions::default())
        .await
        .unwrap();
    assert_eq!(wait.outcome().await.code, 143);
    assert_eq!(phase(&engine, "web").await, Phase::Exited);
    assert!(world.contents().leases.is_empty());

    let options = RemoveOptions {
        force: false,
        volumes: true,
    };
    engine.containers.remove("web", options).await.unwrap();
    let contents = world.contents();
    assert!(contents.snapshots.is_empty() && contents.runs.is_empty());
    assert!(
        contents.volumes.is_empty(),
        "the image's anonymous volume goes with its container"
    );
}

#[tokio::test]
async fn the_image_fills_what_the_client_left_open() {
    let world = World::new();
    let engine = with_image(&world).await;
    let mut asked = spec("web");
    asked.config.env = vec!["A=mine".to_owned()];
    engine.containers.create(asked).await.unwrap();
    engine.containers.start("web").await.unwrap();
    let contents = world.contents();
    let run = &contents.runs.values().next().unwrap().spec;
    assert_eq!(run.process.args, ["sh"]);
    assert!(run.process.env.contains(&"A=mine".to_owned()));
    assert!(run.process.env.contains(&"PATH=/bin".to_owned()));
    assert!(
        run.mounts
            .iter()
            .any(|mount| mount.destination == "/data" && mount.copy_up)
    );
    assert!(run.process.seccomp.is_some());
    assert_eq!(run.process.capabilities.len(), 14);
}

#[tokio::test]
async fn a_program_that_is_missing_leaves_a_created_container_with_code_127() {
    let world = World::new();
    let engine = with_image(&world).await;
    world.contents().program = Program::Missing;
    engine.containers.create(spec("web")).await.unwrap();
    let error = engine.containers.start("web").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidParameter);
    assert!(
        error
            .to_string()
            .contains("executable file not found in $PATH"),
        "{error}"
    );
    let view = engine.containers.inspect("web", false).await.unwrap();
    assert_eq!(view.record.state.phase, Phase::Created);
    assert_eq!(view.record.state.exit_code, 127);
    assert!(
        world.contents().leases.is_empty(),
        "the network was left again"
    );
}

#[tokio::test]
async fn a_container_to_be_removed_at_its_exit_goes_when_it_does_not_start() {
    let world = World::new();
    let engine = with_image(&world).await;
    world.contents().program = Program::Missing;
    let mut asked = spec("once");
    asked.host.auto_remove = true;
    engine.containers.create(asked).await.unwrap();
    let wait = engine
        .containers
        .wait("once", WaitCondition::Removed)
        .unwrap();
    engine.containers.start("once").await.unwrap_err();
    assert_eq!(wait.outcome().await.code, 127);
    assert!(world.contents().snapshots.is_empty());
}

#[tokio::test]
async fn rm_at_exit_removes_everything_and_wakes_those_who_wait() {
    let world = World::new();
    let engine = with_image(&world).await;
    world.contents().program = Program::Ends(3);
    let mut asked = spec("once");
    asked.host.auto_remove = true;
    engine.containers.create(asked).await.unwrap();
    let wait = engine
        .containers
        .wait("once", WaitCondition::Removed)
        .unwrap();
    engine.containers.start("once").await.unwrap();
    assert_eq!(wait.outcome().await.code, 3);
    let gone = engine.containers.inspect("once", false).await.unwrap_err();
    assert!(matches!(gone, Error::NoSuchContainer(_)));
    // The name is free at once.
    engine.containers.create(spec("once")).await.unwrap();
}

#[tokio::test]
async fn restart_keeps_a_container_that_is_removed_at_its_exit() {
    let world = World::new();
    let engine = with_image(&world).await;
    let mut asked = spec("web");
    asked.host.auto_remove = true;
    engine.containers.create(asked).await.unwrap();
    engine.containers.start("web").await.unwrap();
    engine
        .containers
        .restart("web", StopOptions::default())
        .await
        .unwrap();
    assert_eq!(phase(&engine, "web").await, Phase::Running);
}

#[tokio::test(start_paused = true)]
async fn a_restart_policy_starts_a_failed_container_again_until_its_limit() {
    let world = World::new();
    let engine = with_image(&world).await;
    world.contents().program = Program::Ends(1);
    let mut asked = spec("crashing");
    asked.host.restart_policy.mode = RestartMode::OnFailure;
    asked.host.restart_policy.maximum_retry_count = 3;
    engine.containers.create(asked).await.unwrap();
    engine.containers.start("crashing").await.unwrap();
    while phase(&engine, "crashing").await != Phase::Exited {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let view = engine.containers.inspect("crashing", false).await.unwrap();
    assert_eq!(view.record.state.restart_count, 3);
    assert_eq!(view.record.state.phase, Phase::Exited);
}

#[tokio::test(start_paused = true)]
async fn stopping_ends_the_wait_for_the_next_restart() {
    let world = World::new();
    let engine = with_image(&world).await;
    world.contents().program = Program::Ends(1);
    let mut asked = spec("crashing");
    asked.host.restart_policy.mode = RestartMode::Always;
    engine.containers.create(asked).await.unwrap();
    engine.containers.start("crashing").await.unwrap();
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert_eq!(phase(&engine, "crashing").await, Phase::Restarting);
    engine
        .containers
        .stop("crashing", StopOptions::default())
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_secs(300)).await;
    assert_eq!(phase(&engine, "crashing").await, Phase::Exited);
}

#[tokio::test]
async fn two_containers_cannot_have_one_name_or_one_port() {
    let world = World::new();
    let engine = with_image(&world).await;
    let published = |name: &str| {
        let mut asked = spec(name);
        let binding = PortBinding {
            host_port: Some(8080),
            ..PortBinding::default()
        };
        asked
            .host
            .port_bindings
            .insert("80/tcp".parse().unwrap(), vec![binding]);
        asked
    };
    engine.containers.create(published("one")).await.unwrap();
    let taken = engine
        .containers
        .create(published("one"))
        .await
        .unwrap_err();
    assert!(
        taken.to_string().contains("is already in use by container"),
        "{taken}"
    );
    engine.containers.create(published("two")).await.unwrap();
    engine.containers.start("one").await.unwrap();
    let error = engine
        .containers
        .start("two")
        .await
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("driver failed programming external connectivity on endpoint two"));
    assert!(
        error.ends_with("Bind for 0.0.0.0:8080 failed: port is already allocated"),
        "{error}"
    );
}

#[tokio::test]
async fn events_tell_the_story_in_order() {
    let world = World::new();
    let engine = with_image(&world).await;
    let query = EventQuery {
        since: Some(Timestamp::UNIX_EPOCH),
        ..EventQuery::default()
    };
    engine.containers.create(spec("web")).await.unwrap();
    engine.containers.start("web").await.unwrap();
    engine
        .containers
        .stop("web", StopOptions::default())
        .await
        .unwrap();
    engine
        .containers
        .remove("web", RemoveOptions::default())
        .await
        .unwrap();
    let mut stream = engine.events.subscribe(query).unwrap();
    let mut story = vec![];
    while story.last().map(String::as_str) != Some("container destroy") {
        let event = stream.next().await.unwrap();
        story.push(format!("{} {}", event.object.as_str(), event.action));
    }
    let expected = [
        "image tag",
        "image load",
        "image pull",
        "volume create",
        "container create",
        "network connect",
        "volume mount",
        "container start",
        "container kill",
        "container die",
        "network disconnect",
        "volume unmount",
        "container stop",
        "container destroy",
    ];
    assert_eq!(story, expected);
}

#[tokio::test]
async fn a_new_engine_finds_what_the_old_one_left() {
    let world = World::new();
    let engine = with_image(&world).await;
    for name in ["runs", "ended", "lost"] {
        let id = engine.containers.create(spec(name)).await.unwrap().id;
        engine.containers.start(name).await.unwrap();
        match name {
            "ended" => world.end_program(&id, 7),
            "lost" => world.lose_run(&id),
            _ => {}
        }
    }
    drop(engine);
    let engine = open(&world).await;
    let ended = engine
        .containers
        .wait("ended", WaitCondition::NotRunning)
        .unwrap();
    assert_eq!(ended.outcome().await.code, 7);
    let lost = engine
        .containers
        .wait("lost", WaitCondition::NotRunning)
        .unwrap();
    assert_eq!(lost.outcome().await.code, 255);
    assert_eq!(phase(&engine, "runs").await, Phase::Running);
    let view = engine.containers.inspect("runs", false).await.unwrap();
    assert!(view.record.networks["bridge"].lease.is_some());
    engine
        .containers
        .stop("runs", StopOptions::default())
        .await
        .unwrap();
}
