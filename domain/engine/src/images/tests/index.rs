//! Which image a text means.

use std::sync::Arc;

use super::super::index::Index;
use super::{digest, image};
use crate::Error;

fn index() -> Index {
    let by_digest = format!("busybox@{}", digest("d1"));
    let mut index = Index::default();
    for record in [
        image("ab12", &["busybox:latest", "busybox:1", &by_digest]),
        image("ab34", &["127.0.0.1:5000/bb:two"]),
        // Its name is the beginning of the first one's identifier.
        image("cc00", &["ab1:latest"]),
        image("dd00", &[]),
    ] {
        index.insert(Arc::new(record));
    }
    index
}

#[test]
fn names_identifiers_and_their_beginnings_find_images() {
    let index = index();
    for (name, hex) in [
        ("busybox", "ab12"),
        ("busybox:latest", "ab12"),
        ("busybox:1", "ab12"),
        ("library/busybox", "ab12"),
        ("docker.io/library/busybox:1", "ab12"),
        (&format!("busybox@{}", digest("d1")), "ab12"),
        (&format!("busybox:other@{}", digest("d1")), "ab12"),
        ("127.0.0.1:5000/bb:two", "ab34"),
        (digest("dd00").as_str(), "dd00"),
        (digest("dd00").hex(), "dd00"),
        ("ab12", "ab12"),
        ("sha256:ab34", "ab34"),
        ("d", "dd00"),
        ("ab1", "cc00"),
    ] {
        let found = index.find(name).unwrap();
        assert_eq!(found.id.0, digest(hex), "{name}");
    }
}

#[test]
fn what_is_not_there_is_named_as_docker_does() {
    let index = index();
    for (name, text) in [
        ("nosuch", "No such image: nosuch:latest"),
        ("nosuch:x", "No such image: nosuch:x"),
        (
            "127.0.0.1:5000/bb",
            "No such image: 127.0.0.1:5000/bb:latest",
        ),
        ("busybox:2", "No such image: busybox:2"),
        ("", "No such image: "),
        ("sha256:", "No such image: sha256:"),
        (
            digest("ee").hex(),
            &format!("No such image: {}", digest("ee")),
        ),
        (
            digest("ee").as_str(),
            &format!("No such image: {}", digest("ee")),
        ),
    ] {
        assert_eq!(index.find(name).unwrap_err().to_string(), text);
    }
    assert!(matches!(index.find("ab"), Err(Error::AmbiguousImage(_))));
}

#[test]
fn a_name_leaves_the_image_that_had_it() {
    let index = index();
    let names = ["busybox:1".parse().unwrap()];
    let changed = index.without_names(&names, &image("dd00", &[]).id);
    assert_eq!(changed.len(), 1);
    assert_eq!(changed[0].tags, ["busybox:latest".parse().unwrap()]);
    assert!(index.without_names(&names, &changed[0].id).is_empty());
}
