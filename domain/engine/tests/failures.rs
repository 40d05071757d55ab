//! What fails leaves nothing behind, and memory and store agree about what is there.

#![allow(clippy::unwrap_used)]

mod support;

use std::sync::Arc;

use palan_contracts::fakes::World;
use palan_engine::Error;
use palan_engine::containers::{RemoveOptions, StopOptions, WaitCondition};
use palan_engine::images::RemoveImage;
use palan_engine::volumes::VolumeSpec;
use palan_model::container::Phase;
use palan_model::{ContainerRecord, ContainerSpec, Signal};
use support::{open, spec, with_image};

fn stored(world: &World) -> Vec<ContainerRecord> {
    let contents = world.contents();
    let rows = contents
        .records
        .iter()
        .filter(|((table, _), _)| table == "Containers");
    rows.map(|(_, value)| serde_json::from_slice(value).unwrap())
        .collect()
}

fn with_volume(name: &str, volume: &str) -> ContainerSpec {
    let mut asked = spec(name);
    asked.host.binds = vec![format!("{volume}:/named")];
    asked
}

#[tokio::test]
async fn a_failed_creation_leaves_nothing() {
    let world = World::new();
    let engine = with_image(&world).await;
    let kept = VolumeSpec {
        name: Some("kept".to_owned()),
        ..VolumeSpec::default()
    };
    engine.volumes.create(kept).await.unwrap();
    for volume in ["kept", "made"] {
        world.contents().snapshots_fail = true;
        let error = engine
            .containers
            .create(with_volume("web", volume))
            .await
            .unwrap_err();
        assert!(error.to_string().contains("no space left"), "{error}");
        world.contents().snapshots_fail = false;
    }
    assert_eq!(world.contents().volumes.len(), 1, "only the one before");
    assert_eq!(engine.volumes.user_count(&"kept".parse().unwrap()), 0);
    engine.volumes.remove("kept", false).await.unwrap();
    engine.containers.create(spec("web")).await.unwrap();
}

#[tokio::test]
async fn a_store_that_fails_refuses_a_creation() {
    let world = World::new();
    let engine = with_image(&world).await;
    world.contents().store_fails = true;
    engine.containers.create(spec("web")).await.unwrap_err();
    world.contents().store_fails = false;
    assert!(world.contents().snapshots.is_empty());
    let refused = engine.containers.inspect("web", false).await.unwrap_err();
    assert!(matches!(refused, Error::NoSuchContainer(_)));
    engine.containers.create(spec("web")).await.unwrap();
}

#[tokio::test]
async fn a_store_that_fails_keeps_names_where_they_were() {
    let world = World::new();
    let engine = with_image(&world).await;
    engine.containers.create(spec("web")).await.unwrap();
    world.contents().store_fails = true;
    let new = "other".parse().unwrap();
    engine.containers.rename("web", new).await.unwrap_err();
    engine
        .containers
        .remove("web", RemoveOptions::default())
        .await
        .unwrap_err();
    world.contents().store_fails = false;
    let view = engine.containers.inspect("web", false).await.unwrap();
    assert_eq!(view.record.name, stored(&world)[0].name);
    engine.containers.create(spec("other")).await.unwrap();
}

#[tokio::test]
async fn an_end_that_cannot_be_stored_is_not_lost() {
    let world = World::new();
    let engine = with_image(&world).await;
    let id = engine.containers.create(spec("web")).await.unwrap().id;
    engine.containers.start("web").await.unwrap();
    let end = engine
        .containers
        .wait("web", WaitCondition::NextExit)
        .unwrap();
    world.contents().store_fails = true;
    world.end_program(&id, 7);
    assert_eq!(end.outcome().await.code, 7);
    // The actor takes this after it has dealt with the end.
    let new = "other".parse().unwrap();
    engine.containers.rename("web", new).await.unwrap_err();
    assert!(world.contents().runs.contains_key(&id), "the runner has it");
    world.contents().store_fails = false;

    let next = open(&world).await;
    let end = next.containers.wait("web", WaitCondition::NotRunning);
    assert_eq!(end.unwrap().outcome().await.code, 7);

    // The engine that told the end goes on as if nothing had been.
    engine.containers.start("web").await.unwrap();
    let view = engine.containers.inspect("web", false).await.unwrap();
    assert_eq!(view.record.state.phase, Phase::Running);
}

#[tokio::test]
async fn a_full_disk_keeps_nobody_from_stopping_a_container() {
    let world = World::new();
    let engine = with_image(&world).await;
    for name in ["stopped", "killed"] {
        engine.containers.create(spec(name)).await.unwrap();
        engine.containers.start(name).await.unwrap();
    }
    world.contents().store_fails = true;
    engine
        .containers
        .stop("stopped", StopOptions::default())
        .await
        .unwrap();
    engine
        .containers
        .kill("killed", Signal::KILL)
        .await
        .unwrap();
    for name in ["stopped", "killed"] {
        let wait = engine.containers.wait(name, WaitCondition::NotRunning);
        wait.unwrap().outcome().await;
    }
}

#[tokio::test]
async fn a_volume_that_cannot_be_removed_stays() {
    let world = World::new();
    let engine = with_image(&world).await;
    let spec = VolumeSpec {
        name: Some("data".to_owned()),
        ..VolumeSpec::default()
    };
    engine.volumes.create(spec.clone()).await.unwrap();
    world.contents().store_fails = true;
    engine.volumes.remove("data", false).await.unwrap_err();
    engine.volumes.inspect("data").unwrap();
    world.contents().store_fails = false;
    engine.volumes.remove("data", false).await.unwrap();
    world.contents().store_fails = true;
    engine.volumes.create(spec).await.unwrap_err();
    engine.volumes.inspect("data").unwrap_err();
    assert!(world.contents().volumes.is_empty());
}

#[tokio::test]
async fn a_new_engine_knows_where_volumes_lie() {
    let world = World::new();
    let engine = with_image(&world).await;
    let spec = VolumeSpec {
        name: Some("data".to_owned()),
        ..VolumeSpec::default()
    };
    let made = engine.volumes.create(spec).await.unwrap();
    let next = open(&world).await;
    let found = next.volumes.inspect("data").unwrap();
    assert_eq!(found.mountpoint, made.mountpoint);
    assert!(found.mountpoint.is_absolute());
}

#[tokio::test]
async fn a_shared_volume_goes_with_the_last_who_uses_it() {
    let world = World::new();
    let engine = with_image(&world).await;
    engine.containers.create(spec("first")).await.unwrap();
    let mut second = spec("second");
    second.host.volumes_from = vec!["first:ro".to_owned()];
    engine.containers.create(second).await.unwrap();
    assert_eq!(world.contents().volumes.len(), 1);
    let options = RemoveOptions {
        force: false,
        volumes: true,
    };
    engine.containers.remove("first", options).await.unwrap();
    assert_eq!(world.contents().volumes.len(), 1);
    engine.containers.remove("second", options).await.unwrap();
    assert!(world.contents().volumes.is_empty());
}

#[tokio::test]
async fn one_name_goes_to_one_of_many_at_once() {
    let world = World::new();
    let engine = with_image(&world).await;
    let create = |_| engine.containers.create(spec("web"));
    let created = futures_util::future::join_all((0..20).map(create)).await;
    assert_eq!(created.iter().filter(|one| one.is_ok()).count(), 1);
    assert_eq!(stored(&world).len(), 1);
    assert_eq!(world.contents().snapshots.len(), 1);
    assert_eq!(world.contents().volumes.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn containers_and_the_removal_of_their_image_agree() {
    for _ in 0..50 {
        let world = World::new();
        let engine = with_image(&world).await;
        let remove = engine.clone();
        let remove = tokio::spawn(async move {
            let options = RemoveImage::default();
            remove.images.remove("test", options).await
        });
        let created = engine.containers.create(spec("web")).await;
        let removed = remove.await.unwrap();
        assert_ne!(created.is_ok(), removed.is_ok());
        if created.is_ok() {
            assert_eq!(world.contents().layers.len(), 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_volume_made_while_its_namesake_goes_is_whole() {
    for _ in 0..50 {
        let world = World::new();
        let engine = Arc::new(with_image(&world).await);
        let spec = VolumeSpec {
            name: Some("data".to_owned()),
            ..VolumeSpec::default()
        };
        engine.volumes.create(spec.clone()).await.unwrap();
        let other = engine.clone();
        let removal = tokio::spawn(async move { other.volumes.remove("data", false).await });
        engine.volumes.create(spec).await.unwrap();
        removal.await.unwrap().unwrap();
        let there = engine.volumes.inspect("data").is_ok();
        assert_eq!(world.contents().volumes.len(), usize::from(there));
        let next = open(&world).await;
        assert_eq!(next.volumes.inspect("data").is_ok(), there);
    }
}

#[tokio::test]
async fn a_removal_at_the_end_that_fails_can_be_repeated() {
    let world = World::new();
    let engine = with_image(&world).await;
    let mut asked = spec("once");
    asked.host.auto_remove = true;
    let id = engine.containers.create(asked).await.unwrap().id;
    engine.containers.start("once").await.unwrap();
    let end = engine
        .containers
        .wait("once", WaitCondition::NextExit)
        .unwrap();
    world.contents().store_fails = true;
    world.end_program(&id, 3);
    assert_eq!(end.outcome().await.code, 3);
    // The actor takes this after it has dealt with the end.
    let options = RemoveOptions::default();
    engine.containers.remove("once", options).await.unwrap_err();
    let view = engine.containers.inspect("once", false).await.unwrap();
    assert_eq!(view.record.state.phase, Phase::Exited);
    assert!(view.record.networks["bridge"].lease.is_none());
    world.contents().store_fails = false;
    engine.containers.remove("once", options).await.unwrap();
    let contents = world.contents();
    assert!(contents.runs.is_empty() && contents.snapshots.is_empty());
}
