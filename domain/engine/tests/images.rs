//! Removing images, as dockerd answers it.

#![allow(clippy::unwrap_used)]

mod support;

use palan_contracts::fakes::World;
use palan_engine::Engine;
use palan_engine::containers::{RemoveOptions, StopOptions};
use palan_engine::images::{Removal, RemoveImage};
use support::{spec, with_image};

async fn remove(engine: &Engine, name: &str, force: bool) -> Result<Vec<Removal>, String> {
    let removed = engine.images.remove(name, RemoveImage { force }).await;
    removed.map_err(|error| error.to_string())
}

fn untagged(name: &str) -> Removal {
    Removal::Untagged(name.to_owned())
}

#[tokio::test]
async fn the_image_goes_with_its_last_name() {
    let world = World::new();
    let engine = with_image(&world).await;
    let record = engine.images.inspect("test").unwrap();
    let id = record.id.to_string();
    engine
        .images
        .tag("test", "other/name:x".parse().unwrap())
        .await
        .unwrap();
    assert_eq!(
        remove(&engine, "other/name:x", false).await.unwrap(),
        [untagged("other/name:x")]
    );
    let layer = record.layers[0].chain_id.to_string();
    assert_eq!(
        remove(&engine, "test", false).await.unwrap(),
        [
            untagged("test:latest"),
            Removal::Deleted(id),
            Removal::Deleted(layer)
        ]
    );
    assert!(world.contents().layers.is_empty() && world.contents().blobs.is_empty());
    let missing = remove(&engine, "test", false).await.unwrap_err();
    assert_eq!(missing, "No such image: test:latest");
}

#[tokio::test]
async fn an_identifier_with_several_names_must_be_forced() {
    let world = World::new();
    let engine = with_image(&world).await;
    let id = engine.images.inspect("test").unwrap().id.to_string();
    let short = id["sha256:".len()..][..12].to_owned();
    // Two tags of one repository are as many as two of different ones.
    let second = "test:2".parse().unwrap();
    engine.images.tag("test", second).await.unwrap();
    assert_eq!(
        remove(&engine, &short, false).await.unwrap_err(),
        format!(
            "conflict: unable to delete {short} (must be forced) - image is referenced in \
             multiple repositories"
        )
    );
    let removed = remove(&engine, &short, true).await.unwrap();
    assert_eq!(
        removed[..3],
        [
            untagged("test:2"),
            untagged("test:latest"),
            Removal::Deleted(id)
        ]
    );
}

#[tokio::test]
async fn containers_keep_their_image() {
    let world = World::new();
    let engine = with_image(&world).await;
    let id = engine.images.inspect("test").unwrap().id.to_string();
    let short = id["sha256:".len()..][..12].to_owned();
    let container = engine.containers.create(spec("web")).await.unwrap().id;
    let container = container.short();
    // The name as it was asked for.
    for name in ["test", "test:latest"] {
        assert_eq!(
            remove(&engine, name, false).await.unwrap_err(),
            format!(
                "conflict: unable to remove repository reference \"{name}\" (must force) - \
                 container {container} is using its referenced image {short}"
            )
        );
    }
    assert_eq!(
        remove(&engine, &short, false).await.unwrap_err(),
        format!(
            "conflict: unable to delete {short} (must be forced) - image is being used by stopped \
             container {container}"
        )
    );
    engine.containers.start("web").await.unwrap();
    assert_eq!(
        remove(&engine, &id, true).await.unwrap_err(),
        format!(
            "conflict: unable to delete {short} (cannot be forced) - image is being used by \
             running container {container}"
        )
    );
    // Of a running container, only the name can be forced away.
    assert_eq!(
        remove(&engine, "test", true).await.unwrap(),
        [untagged("test:latest")]
    );
    engine
        .containers
        .stop("web", StopOptions::default())
        .await
        .unwrap();
    // Its layers stay with the stopped container.
    assert_eq!(
        remove(&engine, &id, true).await.unwrap(),
        [Removal::Deleted(id)]
    );
    assert_eq!(world.contents().layers.len(), 1);
    engine
        .containers
        .remove("web", RemoveOptions::default())
        .await
        .unwrap();
}

#[tokio::test]
async fn pruning_leaves_what_is_newer_than_asked() {
    let world = World::new();
    let engine = with_image(&world).await;
    engine.containers.create(spec("web")).await.unwrap();
    let until = |value: &str| [("until".to_owned(), vec![value.to_owned()])].into();
    let pruned = engine.containers.prune(&until("24h")).await.unwrap();
    assert!(pruned.names.is_empty(), "it was made a moment ago");
    let pruned = engine.containers.prune(&until("0s")).await.unwrap();
    assert_eq!(pruned.names.len(), 1);
    let all = [("dangling".to_owned(), vec!["false".to_owned()])].into();
    let pruned = engine.images.prune(&all).await.unwrap();
    assert_eq!(pruned.removals[0], untagged("test:latest"));
    assert_eq!(engine.images.count(), 0);
}
