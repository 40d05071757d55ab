//! Which names go together.

use super::super::remove::{is_single, without};
use super::{digest, image};

#[test]
fn one_repository_with_at_most_one_tag_is_single() {
    let by_digest = |name: &str| format!("{name}@{}", digest("d1"));
    for (names, single) in [
        (&["a:1"][..], true),
        (&["a:1", &by_digest("a")], true),
        (&[&by_digest("a")], true),
        (&["a:1", "a:2"], false),
        (&["a:1", "b:1"], false),
        (&["a:1", &by_digest("b")], false),
        (&[], false),
    ] {
        assert_eq!(is_single(&image("aa", names)), single, "{names:?}");
    }
}

#[test]
fn digests_go_with_the_last_tag_of_their_repository() {
    let [a, b] = ["a", "b"].map(|name| format!("{name}@{}", digest("d1")));
    for (names, removed, left, gone) in [
        (&["a:1", &a][..], "a:1", &[][..], &["a:1", &a][..]),
        (&["a:1", "a:2", &a], "a:1", &["a:2", &a], &["a:1"]),
        (&["a:1", &a, &b], "a:1", &[&b], &["a:1", &a]),
        (&["a:1", &a], &a, &["a:1"], &[&a]),
        (&["a:1", "b:1", &b], "b:1", &["a:1"], &["b:1", &b]),
    ] {
        let (rest, went) = without(&image("aa", names), &removed.parse().unwrap());
        let rest: Vec<_> = rest.tags.iter().chain(&rest.digests).collect();
        let rest: Vec<_> = rest.iter().map(|name| name.familiar()).collect();
        let went: Vec<_> = went.iter().map(|name| name.familiar()).collect();
        assert_eq!(rest, left, "{names:?} without {removed}");
        assert_eq!(went, gone, "{names:?} without {removed}");
    }
}
