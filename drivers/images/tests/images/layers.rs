//! Unpacking blobs into layers.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use palan_contracts::{ContentStore, LayerStore, ProgressSink, UnpackSpec};
use palan_model::image::ImageLayer;
use palan_model::{ChainId, Digest, ErrorKind};
use sha2::{Digest as _, Sha256};

use crate::archive::{Archive, Member};
use crate::fixtures::{Store, eventually, is_root, no_progress};
use crate::tree::describe;

pub fn digest(bytes: &[u8]) -> Digest {
    Digest::from_sha256(&Sha256::digest(bytes).into())
}

/// Unpacks an archive on top of a layer.
pub async fn unpack(store: &Store, parent: Option<&ImageLayer>, archive: &[u8]) -> ImageLayer {
    let blob = store.images.put(archive).await.unwrap();
    let parent = parent.map(|layer| layer.chain_id.clone());
    let spec = UnpackSpec {
        diff_id: blob.clone(),
        blob,
        parent,
    };
    let layer = store.images.unpack(spec, no_progress()).await;
    layer.unwrap_or_else(|error| panic!("{}", error.chain()))
}

#[tokio::test]
async fn a_layer_is_unpacked_once() {
    let store = Store::new();
    let tar = Archive::new().file("f", vec![1; 3000]).finish();
    let blob = zstd::encode_all(&tar[..], 3).unwrap();
    let blob = store.images.put(&blob).await.unwrap();
    let spec = UnpackSpec {
        blob: blob.clone(),
        diff_id: digest(&tar),
        parent: None,
    };
    let progressed = Arc::new(AtomicU64::new(0));
    let sink: ProgressSink = {
        let progressed = progressed.clone();
        Arc::new(move |progress| {
            assert_eq!(progress.action, "Extracting");
            progressed.store(progress.current, Ordering::Relaxed);
            assert!(progress.current <= progress.total);
        })
    };
    let layer = store.images.unpack(spec.clone(), sink).await.unwrap();
    let size = store.images.size(&blob).await.unwrap().unwrap();
    assert_eq!(progressed.load(Ordering::Relaxed), size);
    assert_eq!((layer.size, layer.blob.as_ref()), (3000, Some(&blob)));
    assert_eq!(layer.chain_id, ChainId(digest(&tar)));
    let again = store
        .images
        .unpack(spec, Arc::new(|_| panic!("unpacked twice")))
        .await
        .unwrap();
    assert_eq!(again, layer);
    assert_eq!(
        store.images.get(&layer.chain_id).await.unwrap(),
        Some(layer)
    );
}

#[tokio::test]
async fn many_at_once_make_one_layer() {
    let store = Store::new();
    let tar = Archive::new().file("f", vec![1; 3_000_000]).finish();
    let blob = store.images.put(&tar).await.unwrap();
    let spec = UnpackSpec {
        diff_id: blob.clone(),
        blob,
        parent: None,
    };
    let all = (0..8).map(|_| {
        let (images, spec) = (store.images.clone(), spec.clone());
        tokio::spawn(async move { images.unpack(spec, no_progress()).await.unwrap() })
    });
    let all: Vec<_> = all.collect();
    for one in all {
        assert_eq!(one.await.unwrap().size, 3_000_000);
    }
    assert_eq!(store.names("layers").len(), 1);
    assert!(store.names("tmp").is_empty());
}

#[tokio::test]
async fn wrong_content_is_never_visible() {
    let store = Store::new();
    let tar = Archive::new().file("f", "x").finish();
    let blob = store.images.put(&tar).await.unwrap();
    let wrong = digest(b"something else");
    let spec = UnpackSpec {
        blob: blob.clone(),
        diff_id: wrong.clone(),
        parent: None,
    };
    let error = store.images.unpack(spec, no_progress()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DataLoss);
    assert_eq!(
        store.images.get(&ChainId(wrong.clone())).await.unwrap(),
        None
    );
    assert!(store.names("layers").is_empty() && store.names("tmp").is_empty());
    let spec = UnpackSpec {
        blob: wrong.clone(),
        diff_id: wrong.clone(),
        parent: None,
    };
    let error = store.images.unpack(spec, no_progress()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let spec = UnpackSpec {
        diff_id: blob.clone(),
        blob,
        parent: Some(ChainId(wrong)),
    };
    let error = store.images.unpack(spec, no_progress()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn bytes_behind_the_archive_count_for_its_digest() {
    let store = Store::new();
    let mut tar = Archive::new().file("f", "x").finish();
    tar.resize(3 << 20, 0);
    unpack(&store, None, &tar).await;
}

#[test]
fn chain_ids_are_those_of_the_specification() {
    let store = Store::new();
    let (a, b) = (digest(b"a"), digest(b"b"));
    let bottom = store.images.chain_id(None, &a);
    assert_eq!(bottom, ChainId(a.clone()));
    let top = store.images.chain_id(Some(&bottom), &b);
    assert_eq!(top, ChainId(digest(format!("{a} {b}").as_bytes())));
}

#[tokio::test]
async fn implicit_parents_look_like_those_below() {
    if !is_root() {
        return;
    }
    let store = Store::new();
    let below = Member {
        mode: 0o2711,
        uid: 5,
        gid: 6,
        mtime: 77,
        ..Member::new(b'5', "srv/a")
    };
    let xattr: [(&str, &[u8]); 1] = [("SCHILY.xattr.user.x", b"1")];
    let root = Member {
        mode: 0o1700,
        uid: 9,
        ..Member::new(b'5', "./")
    };
    let bottom = Archive::new()
        .add(&root)
        .directory("srv")
        .pax(&xattr)
        .add(&below);
    let bottom = unpack(&store, None, &bottom.finish()).await;
    let middle = unpack(
        &store,
        Some(&bottom),
        &Archive::new().file("other", "").finish(),
    )
    .await;
    let top = Archive::new().file("srv/a/new/f", "x").finish();
    let top = unpack(&store, Some(&middle), &top).await;
    let tree = describe(&store.files(&top));
    let directory = &tree[&b"srv/a"[..]];
    assert_eq!((directory.mode & 0o7777, directory.owner), (0o2711, (5, 6)));
    assert_eq!(directory.modified.0, 77);
    assert_eq!(directory.xattrs[&b"user.x"[..]], b"1");
    let fresh = &tree[&b"srv/a/new"[..]];
    assert_eq!((fresh.mode & 0o7777, fresh.owner), (0o755, (0, 0)));
    let root = &tree[&b"."[..]];
    assert_eq!((root.mode & 0o7777, root.owner), (0o1700, (9, 0)));
}

/// A base with `lib -> usr/lib`, and a layer that does not know.
#[tokio::test]
async fn links_below_are_followed() {
    let store = Store::new();
    let bottom = Archive::new()
        .directory("usr/lib")
        .symlink("lib", "usr/lib")
        .directory("var")
        .symlink("var/run", "/run")
        .directory("run");
    let bottom = unpack(&store, None, &bottom.finish()).await;
    let top = Archive::new()
        .file("lib/x", "1")
        .file("var/run/pid", "2")
        .file("lib/d/y", "3");
    let top = unpack(&store, Some(&bottom), &top.finish()).await;
    let tree = describe(&store.files(&top));
    for name in ["usr/lib/x", "run/pid", "usr/lib/d/y"] {
        assert!(
            tree.contains_key(name.as_bytes()),
            "{name} in {:?}",
            tree.keys()
        );
    }
    assert!(!tree.contains_key(&b"lib"[..]));
}

/// What this layer hides of those below is not looked at.
#[tokio::test]
async fn hidden_parents_do_not_count() {
    if !is_root() {
        return;
    }
    let store = Store::new();
    let bottom = Archive::new()
        .directory("d/real")
        .symlink("d/link", "real")
        .file("d/f", "x");
    let bottom = unpack(&store, None, &bottom.finish()).await;
    let whiteout = Archive::new().file(".wh.d", "");
    let opaque = Archive::new().directory("d").file("d/.wh..wh..opq", "");
    let all = Archive::new().file(".wh..wh..opq", "");
    for top in [whiteout, opaque, all] {
        let archive = top.clone().file("d/link/new", "").finish();
        let layer = unpack(&store, Some(&bottom), &archive).await;
        assert!(store.files(&layer).join("d/link/new").is_file());
        let link = top.directory("d").hard_link("g", "d/f").finish();
        let blob = store.images.put(&link).await.unwrap();
        let parent = Some(bottom.chain_id.clone());
        let spec = UnpackSpec {
            diff_id: blob.clone(),
            blob,
            parent,
        };
        let error = store.images.unpack(spec, no_progress()).await.unwrap_err();
        assert!(
            error.chain().contains("does not exist"),
            "{}",
            error.chain()
        );
    }
}

/// As deep as a path can be: made, replaced, deleted.
#[tokio::test]
async fn deep_trees() {
    let store = Store::new();
    let deep = vec!["d"; 1900].join("/");
    let archive = Archive::new()
        .gnu_long(b'L', deep.as_bytes())
        .file("x", "1");
    let layer = unpack(&store, None, &archive.clone().finish()).await;
    assert!(store.files(&layer).join("d/d/d").is_dir());
    let replaced = archive.file("d", "now a file").finish();
    let layer = unpack(&store, None, &replaced).await;
    assert!(store.files(&layer).join("d").is_file());
    store.images.collect(Default::default()).await.unwrap();
    eventually("trash is emptied", || {
        store.names("trash/images").is_empty()
    });
}

/// A link that was followed once may be something else the next time.
#[tokio::test]
async fn a_replaced_link_is_not_followed_any_more() {
    let store = Store::new();
    let archive = Archive::new()
        .directory("real")
        .symlink("link", "real")
        .file("link/a", "")
        .directory("link")
        .file("link/b", "");
    let layer = unpack(&store, None, &archive.finish()).await;
    let files = store.files(&layer);
    assert!(files.join("real/a").exists() && files.join("link/b").exists());
    assert!(!files.join("real/b").exists() && !files.join("link").is_symlink());
}

/// A hard link to a file of a layer below makes both names here, as overlayfs would.
#[tokio::test]
async fn hard_links_across_layers() {
    let store = Store::new();
    let file = Member {
        mode: 0o4711,
        data: b"below".to_vec(),
        ..Member::new(b'0', "d/f")
    };
    let bottom = unpack(&store, None, &Archive::new().add(&file).finish()).await;
    let link = Member {
        mode: 0o4711,
        link: b"d/f".to_vec(),
        ..Member::new(b'1', "g")
    };
    let top = unpack(&store, Some(&bottom), &Archive::new().add(&link).finish()).await;
    let files = store.files(&top);
    let (f, g) = (
        fs::metadata(files.join("d/f")).unwrap(),
        fs::metadata(files.join("g")).unwrap(),
    );
    assert_eq!(
        (f.ino(), f.nlink(), f.mode() & 0o7777),
        (g.ino(), 2, 0o4711)
    );
    assert_eq!(
        (f.mtime(), fs::read(files.join("g")).unwrap()),
        (1_600_000_000, b"below".to_vec())
    );
}

#[tokio::test]
async fn later_members_replace_earlier_ones() {
    let store = Store::new();
    let archive = Archive::new()
        .file("a", "file")
        .directory("a")
        .file("a/x", "1")
        .file("a/y/z", "2")
        .file("b", "old")
        .hard_link("c", "b")
        .file("b", "new")
        .directory("gone/deep")
        .file("gone/deep/f", "")
        .symlink("gone", "a")
        .file("gone/via", "3")
        .hard_link("b", "b");
    let layer = unpack(&store, None, &archive.finish()).await;
    let files = store.files(&layer);
    assert_eq!(fs::read(files.join("a/x")).unwrap(), b"1");
    assert_eq!(fs::read(files.join("b")).unwrap(), b"new");
    assert_eq!(fs::read(files.join("c")).unwrap(), b"old");
    assert_eq!(fs::read(files.join("a/via")).unwrap(), b"3");
    assert!(files.join("gone").is_symlink());
}

/// Writing into a directory changes its times and a set-group-ID bit would change its files.
#[tokio::test]
async fn directories_get_their_attributes_last() {
    if !is_root() {
        return;
    }
    let store = Store::new();
    let shared = Member {
        mode: 0o2770,
        gid: 50,
        mtime: 5,
        ..Member::new(b'5', "shared")
    };
    let closed = Member {
        mode: 0o000,
        ..Member::new(b'5', "closed")
    };
    let archive = Archive::new()
        .add(&shared)
        .add(&closed)
        .file("shared/f", "")
        .file("closed/f", "");
    let layer = unpack(&store, None, &archive.finish()).await;
    let tree = describe(&store.files(&layer));
    assert_eq!(tree[&b"shared"[..]].modified, (5, 0));
    assert_eq!(tree[&b"shared"[..]].mode & 0o7777, 0o2770);
    assert_eq!(tree[&b"shared/f"[..]].owner, (0, 0));
    assert_eq!(tree[&b"closed"[..]].mode & 0o7777, 0);
}

/// The last entry of a directory or file counts, also when it gives it back to root.
#[tokio::test]
async fn owners_change_back() {
    if !is_root() {
        return;
    }
    let store = Store::new();
    let theirs = Member {
        uid: 5,
        gid: 6,
        mode: 0o700,
        ..Member::new(b'5', "d")
    };
    let file = Member {
        uid: 5,
        gid: 6,
        ..Member::new(b'0', "f")
    };
    let archive = Archive::new()
        .add(&theirs)
        .directory("d")
        .add(&file)
        .hard_link("g", "f");
    let layer = unpack(&store, None, &archive.finish()).await;
    let tree = describe(&store.files(&layer));
    assert_eq!(
        (tree[&b"d"[..]].owner, tree[&b"d"[..]].mode & 0o7777),
        ((0, 0), 0o755)
    );
    assert_eq!(tree[&b"f"[..]].owner, (0, 0));
}

/// A full disk is the host's fault; nothing is left, and all works again with space.
#[tokio::test]
async fn a_full_disk() {
    if !is_root() {
        return;
    }
    let work = tempfile::tempdir().unwrap();
    let script = format!(
        "mount -t tmpfs -o size=3m tmpfs {at} && PALAN_TEST_FULL_DISK={at} {exe} layers::in_a_small_file_system --exact --nocapture",
        at = work.path().display(),
        exe = std::env::current_exe().unwrap().display()
    );
    crate::fixtures::shell(&format!("unshare -m sh -ec '{script}'"));
}

/// The child of the test above, with a file system of 3 MiB.
#[tokio::test]
async fn in_a_small_file_system() {
    let Some(root) = std::env::var_os("PALAN_TEST_FULL_DISK") else {
        return;
    };
    let images = palan_images::ImageStore::open(root.as_ref()).unwrap();
    let tar = Archive::new().file("f", vec![1; 5 << 20]).finish();
    let error = images
        .import(crate::fixtures::reader(tar))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::System);
    assert!(
        error.chain().contains("No space left on device"),
        "{}",
        error.chain()
    );
    let error = images.put(&vec![0; 5 << 20]).await.unwrap_err();
    assert!(
        error.chain().contains("No space left on device"),
        "{}",
        error.chain()
    );
    let trash = std::path::Path::new(&root).join("trash/images");
    crate::fixtures::eventually("trash is emptied", || {
        crate::fixtures::names(&trash).is_empty()
    });
    let tar = Archive::new().file("f", vec![1; 1 << 20]).finish();
    images.import(crate::fixtures::reader(tar)).await.unwrap();
}
