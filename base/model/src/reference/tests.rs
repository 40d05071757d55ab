//! The vectors of `distribution/reference` and properties of the grammar.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::{InvalidReference, Reference};

const HEX: &str = "86e0e091d0da6bde2456dbb48306f3956bbeb2eae1b5b9a43045843f69fe4aaa";

fn parse(text: &str) -> Result<Reference, InvalidReference> {
    text.parse()
}

/// Domain, path, tag, whether there is a digest.
fn parts(text: &str) -> (String, String, Option<String>, bool) {
    let reference = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    (
        reference.domain().to_owned(),
        reference.path().to_owned(),
        reference.tag().map(str::to_owned),
        reference.digest().is_some(),
    )
}

#[test]
fn references_fall_into_their_parts() {
    let digest = format!("@sha256:{HEX}");
    for (text, domain, path, tag, has_digest) in [
        ("test_com", "docker.io", "library/test_com", None, false),
        (
            "test.com:tag",
            "docker.io",
            "library/test.com",
            Some("tag"),
            false,
        ),
        (
            "test.com:5000",
            "docker.io",
            "library/test.com",
            Some("5000"),
            false,
        ),
        ("test.com/repo:tag", "test.com", "repo", Some("tag"), false),
        ("test:5000/repo", "test:5000", "repo", None, false),
        (
            "test:5000/repo:tag",
            "test:5000",
            "repo",
            Some("tag"),
            false,
        ),
        (
            "test:8080/a/b-b/c__c/d.d",
            "test:8080",
            "a/b-b/c__c/d.d",
            None,
            false,
        ),
        ("localhost/repo", "localhost", "repo", None, false),
        (
            "lower:Upper",
            "docker.io",
            "library/lower",
            Some("Upper"),
            false,
        ),
        ("docker/docker", "docker.io", "docker/docker", None, false),
        (
            "index.docker.io/busybox",
            "docker.io",
            "library/busybox",
            None,
            false,
        ),
        ("docker.io/a/b", "docker.io", "a/b", None, false),
        (
            "foo/foo_bar.com:8080",
            "docker.io",
            "foo/foo_bar.com",
            Some("8080"),
            false,
        ),
        (
            "xn--n3h.com/myimage:xn--n3h.com",
            "xn--n3h.com",
            "myimage",
            Some("xn--n3h.com"),
            false,
        ),
        ("Uppercase/lowercase", "Uppercase", "lowercase", None, false),
        (
            "192.168.1.1:8080/repo:t",
            "192.168.1.1:8080",
            "repo",
            Some("t"),
            false,
        ),
        ("[2001:db8::1]/repo", "[2001:db8::1]", "repo", None, false),
        (
            "[2001:db8::1]:5000/repo:tag",
            "[2001:db8::1]:5000",
            "repo",
            Some("tag"),
            false,
        ),
        ("[::1]:5000/repo", "[::1]:5000", "repo", None, false),
        ("a----b/c", "docker.io", "a----b/c", None, false),
        ("foo_bar", "docker.io", "library/foo_bar", None, false),
        // A name alone may look like a domain.
        ("docker.io", "docker.io", "library/docker.io", None, false),
        (
            "foo.com/bar:1.0_x-y",
            "foo.com",
            "bar",
            Some("1.0_x-y"),
            false,
        ),
    ] {
        let expected = (
            domain.to_owned(),
            path.to_owned(),
            tag.map(str::to_owned),
            has_digest,
        );
        assert_eq!(parts(text), expected, "{text}");
        let with_digest = (expected.0, expected.1, expected.2, true);
        assert_eq!(
            parts(&format!("{text}{digest}")),
            with_digest,
            "{text}{digest}"
        );
    }
}

#[test]
fn what_is_no_reference_is_refused() {
    for text in [
        "",
        ":justtag",
        "@sha256:fff",
        "repo@sha256:fff",
        "validname@invaliddigest:ffffffff",
        "-test.com/repo",
        "test.com-/repo",
        "a//b",
        "/repo",
        "repo/",
        "repo:",
        "repo@",
        "aa/asdf$$^/aa",
        "a..b/c",
        "a__-b",
        "a___b",
        "_a",
        "a_",
        "-a",
        "a-",
        ".a",
        "a.",
        "repo:-tag",
        "repo:.tag",
        "repo:ta g",
        "test:/repo",
        "test:x/repo",
        "[2001:db8::1",
        "[2001:db8::1]",
        "[::1%eth0]/repo",
        "[fe80::1%25eth0]:5000/repo",
        "2001:db8::1/repo",
        "[::g]/repo",
        "https://github.com/docker/docker",
        "docker///docker",
        "docker.io/",
        "foo/foo_bar.com:8080/x:t",
        " repo",
        "répo",
        "repo\n",
        "repo:\u{e9}",
    ] {
        assert!(parse(text).is_err(), "{text:?} is {:?}", parse(text));
    }
}

#[test]
fn refusals_have_dockers_words() {
    let message = |text: &str| parse(text).unwrap_err().to_string();
    assert_eq!(message("a b"), "invalid reference format");
    assert_eq!(
        message("Busybox"),
        "invalid reference format: repository name (library/Busybox) must be lowercase"
    );
    assert_eq!(
        message("test.com/Repo"),
        "invalid reference format: repository name (Repo) must be lowercase"
    );
    assert_eq!(
        message(HEX),
        format!("invalid repository name ({HEX}), cannot specify 64-byte hexadecimal strings")
    );
    let long = format!("example.org/{}", "a/".repeat(130) + "a");
    assert_eq!(
        message(&long),
        "repository name must not be more than 255 characters"
    );
}

#[test]
fn lengths_are_bounded() {
    parse(&format!("repo:{}", "a".repeat(128))).unwrap();
    parse(&format!("repo:{}", "a".repeat(129))).unwrap_err();
    let most = format!("a.b/{}", "c".repeat(255 - "a.b/".len()));
    parse(&most).unwrap();
    parse(&format!("{most}c")).unwrap_err();
}

#[test]
fn people_see_the_short_form() {
    for (text, familiar) in [
        ("docker.io/library/busybox", "busybox"),
        ("library/busybox:1", "busybox:1"),
        ("docker.io/a/b:1", "a/b:1"),
        ("127.0.0.1:5000/bb", "127.0.0.1:5000/bb"),
        ("localhost/library/x", "localhost/library/x"),
    ] {
        assert_eq!(parse(text).unwrap().familiar(), familiar);
    }
    let reference = parse(&format!("busybox:1@sha256:{HEX}")).unwrap();
    assert_eq!(reference.familiar(), format!("busybox:1@sha256:{HEX}"));
    assert_eq!(
        reference.repository().to_string(),
        "docker.io/library/busybox"
    );
    let tagged = reference.with_tag("2").unwrap();
    assert_eq!(tagged.to_string(), "docker.io/library/busybox:2");
    tagged.with_tag("-").unwrap_err();
    assert_eq!(parse("a").unwrap().with_default_tag().tag(), Some("latest"));
    assert_eq!(parse("a:1").unwrap().with_default_tag().tag(), Some("1"));
    assert_eq!(reference.clone().with_default_tag(), reference);
}

const COMPONENT: &str = "[a-z0-9]{1,8}((\\.|_|__|-{1,3})[a-z0-9]{1,8}){0,2}";

/// Without a dot: it is not taken for a domain.
const FIRST: &str = "[a-z0-9]{1,8}((_|__|-{1,3})[a-z0-9]{1,8}){0,2}";

fn reference() -> impl Strategy<Value = String> {
    let domain = "([a-zA-Z0-9]{1,6}(-[a-z0-9]{1,4})?\\.[a-z]{2,4}(:[0-9]{1,5})?/|localhost/|[a-z]{1,5}:[0-9]{2,5}/)?";
    let text = format!(
        "{domain}{FIRST}(/{COMPONENT}){{0,3}}(:[a-zA-Z0-9_][a-zA-Z0-9_.-]{{0,20}})?(@sha256:[0-9a-f]{{64}})?"
    );
    proptest::string::string_regex(&text).unwrap()
}

proptest! {
    #[test]
    fn both_written_forms_mean_the_same(text in reference()) {
        let reference = parse(&text).map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
        prop_assert_eq!(&parse(&reference.to_string()).unwrap(), &reference);
        prop_assert_eq!(&parse(&reference.familiar()).unwrap(), &reference);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,40}") {
        if let Ok(reference) = parse(&text) {
            prop_assert_eq!(&parse(&reference.to_string()).unwrap(), &reference);
            prop_assert!(!reference.path().contains(|c: char| c.is_ascii_uppercase()));
        }
    }

    #[test]
    fn almost_references_are_read_the_same_twice(text in "[a-zA-Z0-9:/@._\\[\\]-]{0,30}") {
        if let Ok(reference) = parse(&text) {
            prop_assert_eq!(&parse(&reference.to_string()).unwrap(), &reference);
            prop_assert_eq!(&parse(&reference.familiar()).unwrap(), &reference);
        }
    }
}
