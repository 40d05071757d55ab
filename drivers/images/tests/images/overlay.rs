//! Layers with whiteouts, mounted as overlayfs mounts them.

use std::collections::BTreeSet;
use std::fs;

use crate::archive::{Archive, Member};
use crate::fixtures::{Store, is_root, shell};
use crate::layers::unpack;

/// Unpacks archives on each other, mounts them, and lists what is seen.
async fn merged(archives: Vec<Archive>) -> BTreeSet<String> {
    let store = Store::new();
    let mut layers = Vec::new();
    for archive in archives {
        let layer = unpack(&store, layers.last(), &archive.finish()).await;
        layers.push(layer);
    }
    // Overlayfs wants two directories at least.
    let empty = store.root.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let lower: Vec<_> = layers
        .iter()
        .rev()
        .map(|layer| store.files(layer))
        .collect();
    let lower: Vec<_> = lower
        .iter()
        .chain([&empty])
        .map(|path| path.to_str().unwrap())
        .collect();
    let at = store.root.path().join("merged");
    fs::create_dir(&at).unwrap();
    let mount = format!(
        "mount -t overlay overlay -o ro,lowerdir={} {}",
        lower.join(":"),
        at.display()
    );
    let list = format!(
        "cd {} && find . -mindepth 1 -printf \"%P\\n\"",
        at.display()
    );
    let out = shell(&format!("unshare -m sh -ec '{mount} && {list}'"));
    String::from_utf8(out)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn base() -> Archive {
    Archive::new()
        .file("d/a", "")
        .file("d/b", "")
        .file("d/e/f", "")
        .file("top", "")
}

#[tokio::test]
async fn a_whiteout_hides_one_name() {
    if !is_root() {
        return;
    }
    let top = Archive::new()
        .file("d/.wh.a", "")
        .file("d/.wh.e", "")
        .file(".wh.top", "");
    assert_eq!(merged(vec![base(), top]).await, set(&["d", "d/b"]));
}

#[tokio::test]
async fn an_opaque_directory_hides_all_but_its_own() {
    if !is_root() {
        return;
    }
    let before = Archive::new()
        .directory("d")
        .file("d/.wh..wh..opq", "")
        .file("d/new", "");
    let after = Archive::new().file("d/new", "").file("d/.wh..wh..opq", "");
    for top in [before, after] {
        assert_eq!(merged(vec![base(), top]).await, set(&["d", "d/new", "top"]));
    }
}

#[tokio::test]
async fn a_whiteout_spares_what_its_own_layer_has() {
    if !is_root() {
        return;
    }
    let before = Archive::new()
        .file(".wh.d", "")
        .directory("d")
        .file("d/new", "");
    let after = Archive::new()
        .directory("d")
        .file("d/new", "")
        .file(".wh.d", "");
    let implicit = Archive::new().file(".wh.d", "").file("d/new", "");
    for top in [before, after, implicit] {
        assert_eq!(merged(vec![base(), top]).await, set(&["d", "d/new", "top"]));
    }
    let file = Archive::new()
        .file("top", "")
        .file(".wh.top", "")
        .file(".wh.d", "")
        .file("d", "");
    assert_eq!(merged(vec![base(), file]).await, set(&["d", "top"]));
}

#[tokio::test]
async fn an_opaque_root_hides_everything_below() {
    if !is_root() {
        return;
    }
    let middle = Archive::new().file("x", "").file("d/m", "");
    let top = Archive::new().file(".wh..wh..opq", "").file("d/new", "");
    assert_eq!(
        merged(vec![base(), middle, top]).await,
        set(&["d", "d/new"])
    );
}

#[tokio::test]
async fn parents_under_a_whiteout_are_not_inherited() {
    if !is_root() {
        return;
    }
    let secret = Member {
        mode: 0o700,
        uid: 42,
        ..Member::new(b'5', "d")
    };
    let middle = Archive::new().file(".wh.d", "");
    let top = Archive::new().file("d/new", "");
    let store = Store::new();
    let bottom = unpack(&store, None, &Archive::new().add(&secret).finish()).await;
    let middle = unpack(&store, Some(&bottom), &middle.finish()).await;
    let top = unpack(&store, Some(&middle), &top.finish()).await;
    let tree = crate::tree::describe(&store.files(&top));
    assert_eq!(
        (tree[&b"d"[..]].mode & 0o7777, tree[&b"d"[..]].owner),
        (0o755, (0, 0))
    );
}

#[tokio::test]
async fn what_aufs_left_is_left_out() {
    if !is_root() {
        return;
    }
    let aufs = Archive::new()
        .file(".wh..wh.aufs", "")
        .directory(".wh..wh.plnk")
        .file(".wh..wh.plnk/1.2", "")
        .directory(".wh..wh.orph");
    assert_eq!(
        merged(vec![Archive::new().file("f", ""), aufs]).await,
        set(&["f"])
    );
}
