//! Blobs: written in pieces, resumed, verified.

use std::fs;

use bytes::Bytes;
use palan_contracts::ContentStore;
use palan_images::ImageStore;
use palan_model::ErrorKind;
use tokio::io::AsyncReadExt;

use crate::fixtures::Store;
use crate::layers::digest;

fn content() -> Vec<u8> {
    (0..2_000_000u32).flat_map(u32::to_le_bytes).collect()
}

#[tokio::test]
async fn small_blobs() {
    let store = Store::new();
    let id = store.images.put(b"hello").await.unwrap();
    assert_eq!(id, digest(b"hello"));
    assert_eq!(store.images.put(b"hello").await.unwrap(), id);
    assert_eq!(store.images.size(&id).await.unwrap(), Some(5));
    assert_eq!(&store.images.read(&id, 5).await.unwrap()[..], b"hello");
    let error = store.images.read(&id, 4).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidParameter);
    let mut text = String::new();
    store
        .images
        .open(&id)
        .await
        .unwrap()
        .read_to_string(&mut text)
        .await
        .unwrap();
    assert_eq!(text, "hello");
    let unknown = digest(b"unknown");
    assert_eq!(store.images.size(&unknown).await.unwrap(), None);
    assert_eq!(
        store.images.read(&unknown, 9).await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
    assert_eq!(
        store.images.open(&unknown).await.err().unwrap().kind(),
        ErrorKind::NotFound
    );
}

#[tokio::test]
async fn a_damaged_blob_is_noticed() {
    let store = Store::new();
    let id = store.images.put(b"hello").await.unwrap();
    fs::write(
        store.root.path().join("blobs/sha256").join(id.hex()),
        "hellO",
    )
    .unwrap();
    assert_eq!(
        store.images.read(&id, 9).await.unwrap_err().kind(),
        ErrorKind::DataLoss
    );
}

#[tokio::test]
async fn a_download_is_resumed_where_it_stopped() {
    let store = Store::new();
    let content = Bytes::from(content());
    let (id, size) = (digest(&content), content.len() as u64);
    let mut offset = 0;
    for piece in [1, 100_000, 3_000_000] {
        // Also by another process, that knows nothing but the directory.
        let images = ImageStore::open(store.root.path()).unwrap();
        let mut writer = images.writer(&id, size).await.unwrap();
        assert_eq!(writer.offset(), offset as u64);
        writer
            .write(content.slice(offset..offset + piece))
            .await
            .unwrap();
        offset += piece;
        assert_eq!(writer.offset(), offset as u64);
        assert_eq!(images.size(&id).await.unwrap(), None);
    }
    let mut writer = store.images.writer(&id, size).await.unwrap();
    assert_eq!(writer.offset(), offset as u64);
    writer.write(content.slice(offset..)).await.unwrap();
    writer.commit().await.unwrap();
    assert_eq!(store.images.read(&id, size).await.unwrap(), content);
    assert!(store.names("ingest").is_empty());
    let writer = store.images.writer(&id, size).await.unwrap();
    assert_eq!(writer.offset(), size);
    writer.commit().await.unwrap();
}

#[tokio::test]
async fn wrong_bytes_are_thrown_away() {
    let store = Store::new();
    let id = digest(b"right");
    let mut writer = store.images.writer(&id, 5).await.unwrap();
    writer.write(Bytes::from_static(b"wrong")).await.unwrap();
    assert_eq!(
        writer.commit().await.unwrap_err().kind(),
        ErrorKind::DataLoss
    );
    assert_eq!(store.images.size(&id).await.unwrap(), None);
    let mut writer = store.images.writer(&id, 5).await.unwrap();
    assert_eq!(writer.offset(), 0);
    let error = writer
        .write(Bytes::from_static(b"too long"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DataLoss);
    writer.write(Bytes::from_static(b"rig")).await.unwrap();
    assert_eq!(
        writer.commit().await.unwrap_err().kind(),
        ErrorKind::DataLoss
    );
    // Too short is not wrong: the rest may come.
    let mut writer = store.images.writer(&id, 5).await.unwrap();
    assert_eq!(writer.offset(), 3);
    writer.write(Bytes::from_static(b"ht")).await.unwrap();
    writer.commit().await.unwrap();
}

#[tokio::test]
async fn a_second_writer_waits_and_finds_the_blob() {
    let store = Store::new();
    let id = digest(b"shared");
    let mut first = store.images.writer(&id, 6).await.unwrap();
    let (images, wanted) = (store.images.clone(), id.clone());
    let second = tokio::spawn(async move { images.writer(&wanted, 6).await.unwrap().offset() });
    first.write(Bytes::from_static(b"shared")).await.unwrap();
    assert!(!second.is_finished());
    first.commit().await.unwrap();
    assert_eq!(second.await.unwrap(), 6);
}
