//! Directories of containers and volumes, on a real file system and in a real overlay.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use palan_contracts::{Snapshotter, VolumeStore};
use palan_model::{ContainerId, ErrorKind, RootfsSpec, VolumeName};
use palan_snapshots::{LocalVolumes, OverlaySnapshots};

struct Fixture {
    root: tempfile::TempDir,
    store: OverlaySnapshots,
    layers: Vec<PathBuf>,
}

fn fixture() -> Fixture {
    let root = tempfile::tempdir().unwrap();
    let store = OverlaySnapshots::open(root.path(), &root.path().join("run")).unwrap();
    let layers = ["bottom", "top"].map(|name| root.path().join("layers").join(name));
    for layer in &layers {
        fs::create_dir_all(layer).unwrap();
    }
    fs::write(layers[0].join("file"), "below").unwrap();
    fs::set_permissions(&layers[1], fs::Permissions::from_mode(0o1751)).unwrap();
    let layers = layers.to_vec();
    Fixture {
        root,
        store,
        layers,
    }
}

fn is_root() -> bool {
    let root = fs::metadata("/proc/self").unwrap().uid() == 0;
    if !root {
        eprintln!("SKIPPED: needs root");
    }
    root
}

fn eventually(what: &str, condition: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !condition() {
        assert!(Instant::now() < end, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn is_empty(directory: &Path) -> bool {
    fs::read_dir(directory).unwrap().next().is_none()
}

#[tokio::test]
async fn the_writable_layer_looks_like_the_topmost_root_and_is_kept() {
    let Fixture {
        root: _root,
        store,
        layers,
    } = fixture();
    if is_root() {
        std::os::unix::fs::chown(&layers[1], Some(7), Some(8)).unwrap();
        fs::set_permissions(&layers[1], fs::Permissions::from_mode(0o1751)).unwrap();
    }
    let id = ContainerId::random();
    let spec = store.prepare(&id, &layers, true).await.unwrap();
    let RootfsSpec::Overlay {
        lower,
        upper,
        work,
        volatile,
    } = spec.clone()
    else {
        panic!("not an overlay: {spec:?}");
    };
    assert_eq!(lower, [layers[1].clone(), layers[0].clone()]);
    assert!(volatile && is_empty(&work));
    let (found, top) = (
        fs::metadata(&upper).unwrap(),
        fs::metadata(&layers[1]).unwrap(),
    );
    assert_eq!(
        (found.mode(), found.uid(), found.gid()),
        (top.mode(), top.uid(), top.gid())
    );
    fs::write(upper.join("mine"), "x").unwrap();
    assert_eq!(store.prepare(&id, &layers, true).await.unwrap(), spec);
    assert_eq!(fs::read(upper.join("mine")).unwrap(), b"x");
    assert_eq!(store.list().await.unwrap(), [id]);
}

#[tokio::test]
async fn an_interrupted_preparation_is_finished() {
    let Fixture {
        root: _root,
        store,
        layers,
    } = fixture();
    let id = ContainerId::random();
    fs::create_dir_all(store.directory(&id).join(".upper")).unwrap();
    store.prepare(&id, &layers, false).await.unwrap();
    let upper = store.directory(&id).join("upper");
    assert_eq!(fs::metadata(upper).unwrap().mode() & 0o7777, 0o1751);
    assert!(!store.directory(&id).join(".upper").exists());
}

#[tokio::test]
async fn files_are_written_anew_and_stay_inside() {
    let Fixture {
        root: _root,
        store,
        layers,
    } = fixture();
    let id = ContainerId::random();
    store.prepare(&id, &layers, false).await.unwrap();
    for text in ["127.0.0.1 localhost\n", "short\n"] {
        let path = store
            .write_file(&id, "hosts", text.as_bytes())
            .await
            .unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o644);
    }
    for name in ["", ".", "..", "../escape", "a/b"] {
        let error = store.write_file(&id, name, b"").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidParameter);
    }
    assert_eq!(fs::read_dir(store.directory(&id)).unwrap().count(), 2);
    assert_eq!(fs::read_dir(store.files(&id)).unwrap().count(), 1);
    // A crash may leave the files alone.
    fs::remove_dir_all(store.directory(&id)).unwrap();
    assert_eq!(store.list().await.unwrap(), std::slice::from_ref(&id));
    store.remove(&id).await.unwrap();
    assert!(!store.files(&id).exists());
    assert!(store.list().await.unwrap().is_empty());
}

#[tokio::test]
async fn removal_hides_at_once_and_deletes_in_the_background() {
    let Fixture {
        root,
        store,
        layers,
    } = fixture();
    let id = ContainerId::random();
    store.prepare(&id, &layers, false).await.unwrap();
    let upper = store.directory(&id).join("upper");
    fs::create_dir(upper.join("d")).unwrap();
    fs::write(upper.join("d/f"), vec![0; 1000]).unwrap();
    fs::hard_link(upper.join("d/f"), upper.join("again")).unwrap();
    std::os::unix::fs::symlink("12345", upper.join("link")).unwrap();
    assert_eq!(store.usage(&id).await.unwrap(), 1005);
    store.remove(&id).await.unwrap();
    assert!(!store.directory(&id).exists());
    store.remove(&id).await.unwrap();
    assert_eq!(store.usage(&id).await.unwrap(), 0);
    assert!(store.list().await.unwrap().is_empty());
    let trash = root.path().join("trash/containers");
    eventually("trash is emptied", || is_empty(&trash));
}

/// A container can nest directories more deeply than any path is long.
#[tokio::test]
async fn a_bottomless_tree_is_counted_and_removed() {
    use rustix::fs::{Mode, OFlags};
    let Fixture {
        root,
        store,
        layers,
    } = fixture();
    let id = ContainerId::random();
    store.prepare(&id, &layers, false).await.unwrap();
    let upper = store.directory(&id).join("upper");
    fs::write(upper.join("f"), "12345").unwrap();
    let flags = OFlags::RDONLY | OFlags::DIRECTORY;
    let mut inner = rustix::fs::open(&upper, flags, Mode::empty()).unwrap();
    for _ in 0..5000 {
        rustix::fs::mkdirat(&inner, "d", Mode::RWXU).unwrap();
        inner = rustix::fs::openat(&inner, "d", flags, Mode::empty()).unwrap();
    }
    drop(inner);
    assert_eq!(store.usage(&id).await.unwrap(), 5);
    store.remove(&id).await.unwrap();
    let trash = root.path().join("trash/containers");
    eventually("trash is emptied", || is_empty(&trash));
}

#[tokio::test]
async fn what_a_dead_process_left_in_the_trash_goes() {
    let root = tempfile::tempdir().unwrap();
    let trash = root.path().join("trash/containers");
    fs::create_dir_all(trash.join("1-0/upper/deep")).unwrap();
    fs::write(trash.join("1-1"), "file").unwrap();
    let _store = OverlaySnapshots::open(root.path(), &root.path().join("run")).unwrap();
    eventually("trash is emptied", || is_empty(&trash));
}

#[tokio::test]
async fn volumes_live_until_they_are_removed() {
    let root = tempfile::tempdir().unwrap();
    let store = LocalVolumes::open(root.path()).unwrap();
    let name: VolumeName = "my_data.1".parse().unwrap();
    let path = store.create(&name).await.unwrap();
    assert!(path.ends_with("volumes/my_data.1/_data"));
    fs::write(path.join("rows"), "1234").unwrap();
    assert_eq!(store.create(&name).await.unwrap(), path);
    assert_eq!(store.usage(&name).await.unwrap(), 4);
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o755);
    assert_eq!(store.list().await.unwrap(), vec![name.clone()]);
    store.remove(&name).await.unwrap();
    store.remove(&name).await.unwrap();
    assert!(!path.exists());
    assert!(store.list().await.unwrap().is_empty());
}

/// Twice, because a volatile mount leaves a mark that would refuse the second.
#[tokio::test]
async fn the_result_mounts_as_an_overlay() {
    if !is_root() {
        return;
    }
    let Fixture {
        root,
        store,
        layers,
    } = fixture();
    let id = ContainerId::random();
    let merged = root.path().join("merged");
    fs::create_dir(&merged).unwrap();
    for round in ["one", "two"] {
        let spec = store.prepare(&id, &layers, true).await.unwrap();
        let RootfsSpec::Overlay {
            lower, upper, work, ..
        } = spec
        else {
            panic!()
        };
        let lower: Vec<_> = lower.iter().map(|path| path.to_str().unwrap()).collect();
        let options = format!(
            "lowerdir={},upperdir={},workdir={},volatile",
            lower.join(":"),
            upper.display(),
            work.display()
        );
        let script = format!(
            "mount -t overlay overlay -o {options} {at} && cat {at}/file && echo -n {round} > {at}/{round}",
            at = merged.display()
        );
        let out = Command::new("unshare")
            .args(["-m", "sh", "-ec", &script])
            .output()
            .unwrap();
        assert!(
            out.status.success(),
            "{}",
            String::from_utf8_lossy(&out.stderr)
        );
        assert_eq!(out.stdout, b"below");
        assert_eq!(fs::read_to_string(upper.join(round)).unwrap(), round);
    }
}
