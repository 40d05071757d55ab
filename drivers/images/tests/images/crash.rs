//! `kill -9` in the middle: nothing half-done is visible, and the next try succeeds.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use bytes::Bytes;
use palan_contracts::{ContentStore, LayerStore};
use palan_images::ImageStore;
use palan_model::ChainId;
use tokio::io::AsyncReadExt;

use crate::archive::Archive;
use crate::fixtures::{eventually, file, names, no_progress};
use crate::image::docker;
use crate::layers::digest;
use crate::tree::describe;

/// About 8 MB in 2500 files and two layers.
fn archive() -> Vec<u8> {
    let layer = |count: u32, size: usize| {
        let add = |archive: Archive, n: u32| {
            let data: Vec<u8> = (0..size).map(|i| (i as u32 * n) as u8).collect();
            archive.file(format!("d{}/f{n}", n % 50), data)
        };
        (0..count).fold(Archive::new(), add).finish()
    };
    docker(&["crash:1"], &[layer(500, 10_000), layer(2000, 1000)]).finish()
}

/// The child: loads its standard input into a store.
#[tokio::test]
async fn a_child_loads_its_standard_input() {
    let Some(root) = std::env::var_os("PALAN_TEST_CRASH") else {
        return;
    };
    let images = ImageStore::open(Path::new(&root)).unwrap();
    let loaded = images
        .load(Box::new(tokio::io::stdin()), no_progress())
        .await;
    loaded.unwrap_or_else(|error| panic!("{}", error.chain()));
}

/// The child: writes its standard input as a blob of 3 MB.
#[tokio::test]
async fn a_child_writes_a_blob() {
    let Some(root) = std::env::var_os("PALAN_TEST_CRASH_BLOB") else {
        return;
    };
    let images = ImageStore::open(Path::new(&root)).unwrap();
    let blob = vec![7; 3_000_000];
    let mut writer = images.writer(&digest(&blob), 3_000_000).await.unwrap();
    let mut input = tokio::io::stdin();
    let mut buffer = vec![0; 10_000];
    loop {
        let count = input.read(&mut buffer).await.unwrap();
        writer
            .write(Bytes::copy_from_slice(&buffer[..count]))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn killed_while_it_downloads() {
    let root = tempfile::tempdir().unwrap();
    let blob = Bytes::from(vec![7; 3_000_000]);
    let id = digest(&blob);
    let partial = root.path().join("ingest").join(id.hex());
    let size = || fs::metadata(&partial).map_or(0, |found| found.len());
    let mut offset = 0;
    for _ in 0..2 {
        let mut child = child(
            "a_child_writes_a_blob",
            "PALAN_TEST_CRASH_BLOB",
            root.path(),
        );
        let mut input = child.stdin.take().unwrap();
        input.write_all(&blob[..1_000_000]).unwrap();
        eventually("a part is on disk", || size() >= offset + 700_000);
        child.kill().unwrap();
        child.wait().unwrap();
        let images = ImageStore::open(root.path()).unwrap();
        let writer = images.writer(&id, 3_000_000).await.unwrap();
        assert_eq!(writer.offset(), size());
        offset = writer.offset();
    }
    let images = ImageStore::open(root.path()).unwrap();
    let mut writer = images.writer(&id, 3_000_000).await.unwrap();
    writer.write(blob.slice(offset as usize..)).await.unwrap();
    writer.commit().await.unwrap();
    assert_eq!(images.read(&id, 3_000_000).await.unwrap(), blob);
}

fn child(test: &str, variable: &str, root: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([&format!("crash::{test}"), "--exact", "--nocapture"])
        .env(variable, root)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

fn count(root: &Path) -> usize {
    let Ok(entries) = fs::read_dir(root) else {
        return 0;
    };
    entries
        .map_while(Result::ok)
        .map(|entry| {
            1 + if entry.path().is_dir() {
                count(&entry.path())
            } else {
                0
            }
        })
        .sum()
}

/// Whatever is visible is complete.
async fn check(root: &Path) {
    let images = ImageStore::open(root).unwrap();
    assert!(names(&root.join("tmp")).is_empty());
    for name in names(&root.join("layers")) {
        let id = ChainId(format!("sha256:{name}").parse().unwrap());
        let layer = images
            .get(&id)
            .await
            .unwrap()
            .expect("a visible layer is complete");
        let files = describe(&images.path(&id));
        let bytes: u64 = files.values().map(|node| node.size).sum();
        assert_eq!(bytes, layer.size);
    }
    for name in names(&root.join("blobs/sha256")) {
        images
            .read(&format!("sha256:{name}").parse().unwrap(), 1 << 30)
            .await
            .unwrap();
    }
}

async fn load_again(root: &Path, archive: &Path) {
    let images = ImageStore::open(root).unwrap();
    let loaded = images
        .load(file(archive).await, no_progress())
        .await
        .unwrap();
    assert_eq!(
        loaded[0].layers.iter().map(|layer| layer.size).sum::<u64>(),
        7_000_000
    );
    check(root).await;
}

fn work() -> (tempfile::TempDir, PathBuf, PathBuf, Vec<u8>) {
    let work = tempfile::tempdir().unwrap();
    let (root, path) = (work.path().join("root"), work.path().join("image.tar"));
    fs::create_dir(&root).unwrap();
    let bytes = archive();
    fs::write(&path, &bytes).unwrap();
    (work, root, path, bytes)
}

#[tokio::test]
async fn killed_while_it_reads() {
    let (_work, root, path, bytes) = work();
    for part in [1, 3, 5, 8] {
        let mut child = child(
            "a_child_loads_its_standard_input",
            "PALAN_TEST_CRASH",
            &root,
        );
        let mut input = child.stdin.take().unwrap();
        input.write_all(&bytes[..bytes.len() * part / 10]).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        check(&root).await;
        assert!(names(&root.join("layers")).is_empty());
    }
    load_again(&root, &path).await;
}

#[tokio::test]
async fn killed_while_it_unpacks() {
    let (_work, root, path, bytes) = work();
    for files in [10, 300, 700, 1500, 2400, 2600] {
        let mut child = child(
            "a_child_loads_its_standard_input",
            "PALAN_TEST_CRASH",
            &root,
        );
        let mut input = child.stdin.take().unwrap();
        input.write_all(&bytes).unwrap();
        drop(input);
        let tmp = root.join("tmp");
        let mut ended = false;
        while !ended && count(&tmp) < files {
            ended = child.try_wait().unwrap().is_some();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        check(&root).await;
        if ended {
            break;
        }
    }
    load_again(&root, &path).await;
    let trash = root.join("trash/images");
    eventually("trash is emptied", || names(&trash).is_empty());
}
