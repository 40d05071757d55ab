//! Who waits for a container's end is told of it, however quickly the next run begins.

#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use palan_contracts::fakes::{Program, World};
use palan_engine::Engine;
use palan_engine::containers::{RemoveOptions, StopOptions, WaitCondition};
use palan_model::container::Phase;
use palan_model::host::RestartMode;
use palan_model::{ContainerSpec, Signal};
use support::{open, spec, with_image};

async fn phase(engine: &Engine, name: &str) -> Phase {
    let view = engine.containers.inspect(name, false).await.unwrap();
    view.record.state.phase
}

async fn until(engine: &Engine, name: &str, wanted: Phase) {
    let reached = async {
        while phase(engine, name).await != wanted {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(600), reached)
        .await
        .unwrap();
}

fn restarting(name: &str, mode: RestartMode) -> ContainerSpec {
    let mut asked = spec(name);
    asked.host.restart_policy.mode = mode;
    asked
}

#[tokio::test]
async fn a_restart_does_not_hide_the_end_before_it() {
    let world = World::new();
    let engine = with_image(&world).await;
    engine.containers.create(spec("web")).await.unwrap();
    engine.containers.start("web").await.unwrap();
    let waits = [WaitCondition::NotRunning, WaitCondition::NextExit]
        .map(|condition| engine.containers.wait("web", condition).unwrap());
    // Nobody looks while the container ends and runs again.
    engine
        .containers
        .restart("web", StopOptions::default())
        .await
        .unwrap();
    assert_eq!(phase(&engine, "web").await, Phase::Running);
    for wait in waits {
        assert_eq!(wait.outcome().await.code, 143);
    }
}

#[tokio::test(start_paused = true)]
async fn an_end_that_a_restart_follows_is_an_end() {
    let world = World::new();
    let engine = with_image(&world).await;
    let id = engine
        .containers
        .create(restarting("web", RestartMode::Always))
        .await
        .unwrap()
        .id;
    engine.containers.start("web").await.unwrap();
    let wait = engine
        .containers
        .wait("web", WaitCondition::NotRunning)
        .unwrap();
    world.end_program(&id, 3);
    assert_eq!(wait.outcome().await.code, 3);
    until(&engine, "web", Phase::Running).await;
}

#[tokio::test]
async fn removing_wakes_everybody() {
    let world = World::new();
    let engine = with_image(&world).await;
    engine.containers.create(spec("web")).await.unwrap();
    engine.containers.start("web").await.unwrap();
    let waits = [
        WaitCondition::NotRunning,
        WaitCondition::NextExit,
        WaitCondition::Removed,
    ]
    .map(|condition| engine.containers.wait("web", condition).unwrap());
    let options = RemoveOptions {
        force: true,
        volumes: false,
    };
    engine.containers.remove("web", options).await.unwrap();
    for wait in waits {
        assert_eq!(wait.outcome().await.code, 137);
    }
}

#[tokio::test(start_paused = true)]
async fn a_restart_that_fails_ends_the_wait() {
    let world = World::new();
    let engine = with_image(&world).await;
    world.contents().program = Program::Ends(1);
    let asked = restarting("web", RestartMode::Always);
    engine.containers.create(asked).await.unwrap();
    engine.containers.start("web").await.unwrap();
    until(&engine, "web", Phase::Restarting).await;
    let wait = engine
        .containers
        .wait("web", WaitCondition::NotRunning)
        .unwrap();
    world.contents().program = Program::Missing;
    assert_eq!(wait.outcome().await.code, 127);
    until(&engine, "web", Phase::Exited).await;
}

#[tokio::test(start_paused = true)]
async fn any_signal_of_a_client_rests_the_policy_of_a_container_without_stop_signal() {
    let world = World::new();
    let engine = with_image(&world).await;
    for (name, own, phase) in [
        ("plain", None, Phase::Exited),
        ("special", Some("SIGUSR1"), Phase::Running),
    ] {
        let mut asked = restarting(name, RestartMode::Always);
        asked.config.stop_signal = own.map(str::to_owned);
        let id = engine.containers.create(asked).await.unwrap().id;
        engine.containers.start(name).await.unwrap();
        let end = engine
            .containers
            .wait(name, WaitCondition::NextExit)
            .unwrap();
        let hup = Signal::from_number(1).unwrap();
        engine.containers.kill(name, hup).await.unwrap();
        world.end_program(&id, 5);
        assert_eq!(end.outcome().await.code, 5);
        until(&engine, name, phase).await;
    }
}

#[tokio::test(start_paused = true)]
async fn killing_ends_the_wait_for_the_next_restart() {
    let world = World::new();
    let engine = with_image(&world).await;
    world.contents().program = Program::Ends(1);
    let asked = restarting("web", RestartMode::Always);
    engine.containers.create(asked).await.unwrap();
    engine.containers.start("web").await.unwrap();
    tokio::time::sleep(Duration::from_secs(30)).await;
    until(&engine, "web", Phase::Restarting).await;
    engine.containers.kill("web", Signal::KILL).await.unwrap();
    tokio::time::sleep(Duration::from_secs(300)).await;
    assert_eq!(phase(&engine, "web").await, Phase::Exited);
}

#[tokio::test]
async fn a_killed_container_has_ended_when_the_client_hears_of_it() {
    let world = World::new();
    let engine = with_image(&world).await;
    engine.containers.create(spec("web")).await.unwrap();
    engine.containers.start("web").await.unwrap();
    engine.containers.kill("web", Signal::KILL).await.unwrap();
    assert_eq!(phase(&engine, "web").await, Phase::Exited);
}

#[tokio::test]
async fn stopping_thaws_a_paused_container() {
    let world = World::new();
    let engine = with_image(&world).await;
    let id = engine.containers.create(spec("web")).await.unwrap().id;
    engine.containers.start("web").await.unwrap();
    engine.containers.pause("web").await.unwrap();
    let usr1 = Signal::from_number(10).unwrap();
    engine.containers.kill("web", usr1).await.unwrap();
    assert!(!world.contents().runs[&id].frozen);
    assert_eq!(phase(&engine, "web").await, Phase::Running);
}

#[tokio::test(start_paused = true)]
async fn a_new_engine_goes_on_with_the_restarts_of_the_old_one() {
    let world = World::new();
    let engine = with_image(&world).await;
    world.contents().program = Program::Ends(3);
    let asked = restarting("web", RestartMode::Always);
    engine.containers.create(asked).await.unwrap();
    engine.containers.start("web").await.unwrap();
    tokio::time::sleep(Duration::from_secs(30)).await;
    until(&engine, "web", Phase::Restarting).await;
    drop(engine);
    world.contents().program = Program::RunsOn;
    let engine = open(&world).await;
    until(&engine, "web", Phase::Running).await;
    let view = engine.containers.inspect("web", false).await.unwrap();
    assert_eq!(view.record.state.exit_code, 0);
}

#[tokio::test]
async fn a_client_that_goes_away_does_not_stop_a_stop() {
    let world = World::new();
    let engine = with_image(&world).await;
    engine.containers.create(spec("web")).await.unwrap();
    engine.containers.start("web").await.unwrap();
    let wait = engine
        .containers
        .wait("web", WaitCondition::NextExit)
        .unwrap();
    let options = StopOptions {
        timeout: Some(0),
        // The program does not know this signal.
        signal: Some(Signal::WINCH),
    };
    let mut stop = Box::pin(engine.containers.stop("web", options));
    // One look at it, and the client is gone.
    tokio::select! {
        biased;
        _ = stop.as_mut() => panic!("nothing ends in one look"),
        () = std::future::ready(()) => {}
    }
    drop(stop);
    assert_eq!(wait.outcome().await.code, 137);
}

#[tokio::test]
async fn a_new_engine_brings_back_what_always_runs_though_a_client_stopped_it() {
    let world = World::new();
    let engine = with_image(&world).await;
    for (name, mode) in [
        ("always", RestartMode::Always),
        ("unless-stopped", RestartMode::UnlessStopped),
        ("on-failure", RestartMode::OnFailure),
    ] {
        engine
            .containers
            .create(restarting(name, mode))
            .await
            .unwrap();
        engine.containers.start(name).await.unwrap();
        let options = StopOptions::default();
        engine.containers.stop(name, options).await.unwrap();
        until(&engine, name, Phase::Exited).await;
    }
    drop(engine);
    let engine = open(&world).await;
    assert_eq!(phase(&engine, "always").await, Phase::Running);
    assert_eq!(phase(&engine, "unless-stopped").await, Phase::Exited);
    assert_eq!(phase(&engine, "on-failure").await, Phase::Exited);
}
