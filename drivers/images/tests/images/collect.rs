//! Garbage collection.

use std::fs;
use std::time::Duration;

use bytes::Bytes;
use palan_contracts::{ContentStore, Keep, LayerStore};
use palan_images::ImageStore;

use crate::archive::Archive;
use crate::fixtures::{Store, eventually};
use crate::layers::{digest, unpack};

#[tokio::test]
async fn only_what_is_kept_stays() {
    let store = Store::new();
    let bottom = unpack(&store, None, &Archive::new().file("a", "12345").finish()).await;
    let top = unpack(
        &store,
        Some(&bottom),
        &Archive::new().file("b", "").finish(),
    )
    .await;
    let document = store.images.put(b"{}").await.unwrap();
    let garbage = store.images.put(b"garbage").await.unwrap();
    for name in [&b"partial"[..], b"fresh"] {
        let mut writer = store.images.writer(&digest(name), 7).await.unwrap();
        writer.write(Bytes::from_static(b"par")).await.unwrap();
    }
    let abandoned = store
        .root
        .path()
        .join("ingest")
        .join(digest(b"partial").hex());
    let long_ago = std::time::SystemTime::now() - Duration::from_secs(8 * 24 * 3600);
    fs::File::options()
        .write(true)
        .open(abandoned)
        .unwrap()
        .set_modified(long_ago)
        .unwrap();
    let keep = Keep {
        blobs: [document.clone(), top.blob.clone().unwrap()].into(),
        layers: [top.chain_id.clone()].into(),
    };
    let collected = store.images.collect(keep.clone()).await.unwrap();
    let mut blobs = vec![garbage, bottom.blob.unwrap()];
    blobs.sort();
    assert_eq!(
        (collected.blobs, collected.layers),
        (blobs, vec![bottom.chain_id.clone()])
    );
    assert_eq!(collected.bytes, 7 + 5 + 3 + 2048);
    assert_eq!(store.names("ingest"), [digest(b"fresh").hex()]);
    assert_eq!(store.images.get(&bottom.chain_id).await.unwrap(), None);
    assert!(store.images.get(&top.chain_id).await.unwrap().is_some());
    assert_eq!(store.images.collect(keep).await.unwrap().bytes, 0);
    let trash = store.root.path().join("trash/images");
    eventually("trash is emptied", || {
        fs::read_dir(&trash).unwrap().next().is_none()
    });
}

#[tokio::test]
async fn what_is_being_written_stays() {
    let store = Store::new();
    let id = digest(b"slow");
    let mut writer = store.images.writer(&id, 4).await.unwrap();
    writer.write(Bytes::from_static(b"sl")).await.unwrap();
    assert_eq!(
        store.images.collect(Keep::default()).await.unwrap().bytes,
        0
    );
    writer.write(Bytes::from_static(b"ow")).await.unwrap();
    writer.commit().await.unwrap();
    assert_eq!(&store.images.read(&id, 4).await.unwrap()[..], b"slow");
}

/// Collections run all the time while layers are unpacked on each other.
#[tokio::test(flavor = "multi_thread")]
async fn collecting_never_breaks_an_operation() {
    let store = Store::new();
    let images = store.images.clone();
    let collector = tokio::spawn(async move {
        loop {
            images.collect(Keep::default()).await.unwrap();
            tokio::task::yield_now().await;
        }
    });
    for round in 0..20 {
        let tar = Archive::new()
            .file(format!("f{round}"), vec![round; 100_000])
            .finish();
        let size = tar.len() as u64;
        let id = digest(&tar);
        let mut writer = store.images.writer(&id, size).await.unwrap();
        writer.write(Bytes::from(tar.clone())).await.unwrap();
        writer.commit().await.unwrap();
        let layer = store.import(tar).await.unwrap();
        assert_eq!(layer.size, 100_000);
    }
    collector.abort();
    let _ = collector.await;
    assert!(store.names("tmp").is_empty());
}

#[tokio::test]
async fn a_dead_process_leaves_nothing_in_the_way() {
    let store = Store::new();
    let root = store.root.path();
    fs::create_dir_all(root.join("tmp/1-0/diff/usr")).unwrap();
    fs::create_dir_all(root.join("trash/images/7-7/diff")).unwrap();
    fs::write(root.join("trash/images/7-8"), "").unwrap();
    fs::write(root.join("ingest").join(digest(b"later").hex()), "la").unwrap();
    let images = ImageStore::open(root).unwrap();
    assert!(store.names("tmp").is_empty());
    eventually("trash is emptied", || {
        store.names("trash/images").is_empty()
    });
    assert_eq!(
        images.writer(&digest(b"later"), 5).await.unwrap().offset(),
        2
    );
}
