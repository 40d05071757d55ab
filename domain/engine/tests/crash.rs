//! The engine dies at every single step of a container's life; the next one must find the host in
//! order: no run, address, directory or volume without a record, and no record that lies.

#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use palan_contracts::fakes::{Program, World};
use palan_engine::containers::{RemoveOptions, StopOptions, WaitCondition};
use palan_model::port::PortBinding;
use palan_model::{ContainerRecord, ContainerSpec};
use support::{open, spec, with_image};

fn published(auto_remove: bool) -> ContainerSpec {
    let mut asked = spec("web");
    let binding = PortBinding {
        host_port: Some(8080),
        ..PortBinding::default()
    };
    asked
        .host
        .port_bindings
        .insert("80/tcp".parse().unwrap(), vec![binding]);
    asked.host.auto_remove = auto_remove;
    asked
}

/// Lives one container's life, ignoring failures: the engine may be "dead" at any point.
async fn life(world: &World, auto_remove: bool) {
    let engine = open(world).await;
    if engine
        .containers
        .create(published(auto_remove))
        .await
        .is_err()
    {
        return;
    }
    let wait = engine.containers.wait("web", WaitCondition::Removed);
    let _ = engine.containers.start("web").await;
    if auto_remove {
        if let Ok(wait) = wait {
            wait.outcome().await;
        }
        return;
    }
    let _ = engine.containers.stop("web", StopOptions::default()).await;
    let options = RemoveOptions {
        force: false,
        volumes: true,
    };
    let _ = engine.containers.remove("web", options).await;
}

/// Runs the life in a runtime of its own and lets everything in it die after a moment without
/// progress.
fn live_and_die(world: &World, auto_remove: bool) -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build();
    let runtime = runtime.unwrap();
    let complete = runtime.block_on(async {
        tokio::time::timeout(Duration::from_secs(3600), life(world, auto_remove))
            .await
            .is_ok()
    });
    drop(runtime);
    complete
}

fn records(world: &World) -> Vec<ContainerRecord> {
    let contents = world.contents();
    let rows = contents
        .records
        .iter()
        .filter(|((table, _), _)| table == "Containers");
    rows.map(|(_, value)| serde_json::from_slice(value).unwrap())
        .collect()
}

/// What is on the host must belong to a record, and running containers must hold their address.
fn check(world: &World, step: u64) {
    let records = records(world);
    let contents = world.contents();
    let known = |id: &palan_model::ContainerId| records.iter().any(|record| record.id == *id);
    for id in contents.snapshots.iter().chain(contents.runs.keys()) {
        assert!(known(id), "step {step}: {id:?} has no record");
    }
    for attached in contents.leases.values() {
        let holder = records.iter().find(|record| {
            record.networks.values().any(|endpoint| {
                endpoint
                    .lease
                    .as_ref()
                    .is_some_and(|lease| lease.id == attached.lease.id)
            })
        });
        let holder = holder.unwrap_or_else(|| panic!("step {step}: a lease has no holder"));
        assert!(
            holder.state.phase.is_alive(),
            "step {step}: a lease of a stopped container"
        );
    }
    for record in &records {
        let alive = contents
            .runs
            .get(&record.id)
            .is_some_and(|run| run.is_alive());
        assert_eq!(
            record.state.phase.is_alive(),
            alive,
            "step {step}: {:?}",
            record.state
        );
        assert!(
            contents.snapshots.contains(&record.id),
            "step {step}: a record without files"
        );
    }
    let volumes = contents
        .records
        .keys()
        .filter(|(table, _)| table == "Volumes")
        .count();
    assert_eq!(
        contents.volumes.len(),
        volumes,
        "step {step}: a volume without a record"
    );
}

/// Lets an engine come up after the crash, settle, and shows that the container can be used and
/// removed as if nothing had happened.
fn recover_and_check(world: &World, step: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let engine = open(world).await;
        // Ends that nobody saw are told through the actors: ask them something.
        for record in records(world) {
            let _ = engine.containers.inspect(record.id.as_str(), false).await;
            if record.host.auto_remove && record.state.started_at.is_some() {
                let removed = engine
                    .containers
                    .wait(record.id.as_str(), WaitCondition::Removed);
                if let Ok(removed) = removed {
                    let outcome = tokio::time::timeout(Duration::from_secs(10), removed.outcome());
                    outcome
                        .await
                        .unwrap_or_else(|_| panic!("step {step}: was not removed"));
                }
            }
        }
        settle(world).await;
        check(world, step);
        for record in records(world) {
            let options = RemoveOptions {
                force: true,
                volumes: true,
            };
            engine
                .containers
                .remove(record.id.as_str(), options)
                .await
                .unwrap();
        }
        let contents = world.contents();
        assert!(
            contents.snapshots.is_empty() && contents.runs.is_empty(),
            "step {step}"
        );
        assert!(contents.leases.is_empty(), "step {step}");
    });
}

/// Until the host stops changing.
async fn settle(world: &World) {
    let mut steps = world.steps();
    loop {
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        if world.steps() == steps {
            return;
        }
        steps = world.steps();
    }
}

/// A host with an image, where programs end by themselves when they are to be removed then.
fn prepared(auto_remove: bool) -> World {
    let world = World::new();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(with_image(&world));
    world.contents().program = if auto_remove {
        Program::Ends(3)
    } else {
        Program::RunsOn
    };
    world
}

/// The store refuses every change from one on, in turn for each; the engine lives on for a while.
fn fail_at_every_change(auto_remove: bool) {
    let mut taken = 0;
    loop {
        let world = prepared(auto_remove);
        world.contents().store_takes = Some(taken);
        live_and_die(&world, auto_remove);
        let left = world.contents().store_takes.replace(u64::MAX);
        recover_and_check(&world, taken);
        if left > Some(0) {
            break;
        }
        taken += 1;
        assert!(taken < 100, "a life has fewer changes");
    }
    assert!(taken > 5, "only {taken} changes were seen");
}

fn die_at_every_step(auto_remove: bool) {
    let mut step = 0;
    loop {
        step += 1;
        let world = prepared(auto_remove);
        world.die_at(Some(step));
        let complete = live_and_die(&world, auto_remove);
        world.die_at(None);
        recover_and_check(&world, step);
        if complete {
            break;
        }
        assert!(step < 1000, "the life of a container has fewer steps");
    }
    assert!(
        step > 20,
        "only {step} steps were seen: the test looks at nothing"
    );
}

#[test]
fn the_engine_may_die_at_any_step_of_a_life() {
    die_at_every_step(false);
}

#[test]
fn the_engine_may_die_at_any_step_of_a_life_that_ends_with_rm() {
    die_at_every_step(true);
}

#[test]
fn the_store_may_fail_at_any_change_of_a_life() {
    fail_at_every_change(false);
}

#[test]
fn the_store_may_fail_at_any_change_of_a_life_that_ends_with_rm() {
    fail_at_every_change(true);
}
