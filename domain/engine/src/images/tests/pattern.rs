//! Patterns against Go's `path.Match`, and what they name.

use super::super::list::names;
use super::super::pattern::glob;

#[test]
fn patterns_are_those_of_go() {
    for (pattern, text, fits) in [
        ("abc", "abc", true),
        ("*", "abc", true),
        ("*c", "abc", true),
        ("a*", "a", true),
        ("a*", "abc", true),
        ("a*", "ab/c", false),
        ("a*/b", "abc/b", true),
        ("a*/b", "a/c/b", false),
        ("a*b*c*d*e*/f", "axbxcxdxe/f", true),
        ("a*b*c*d*e*/f", "axbxcxdxexxx/f", true),
        ("a*b*c*d*e*/f", "axbxcxdxe/xxx/f", false),
        ("a*b?c*x", "abxbbxdbxebxczzx", true),
        ("a*b?c*x", "abxbbxdbxebxczzy", false),
        ("ab[c]", "abc", true),
        ("ab[b-d]", "abc", true),
        ("ab[e-g]", "abc", false),
        ("ab[^c]", "abc", false),
        ("ab[^e-g]", "abc", true),
        ("a\\*b", "a*b", true),
        ("a\\*b", "ab", false),
        ("a?b", "a/b", false),
        ("a*b", "a/b", false),
        ("[\\]a]", "]", true),
        ("[x\\-]", "-", true),
        ("[]a]", "]", false),
        ("[-]", "-", false),
        ("[x-]", "x", false),
        ("[", "a", false),
        ("[^bc", "a", false),
        ("*x", "xxx", true),
        ("", "", true),
        ("", "a", false),
    ] {
        assert_eq!(glob(pattern, text), fits, "{pattern} {text}");
    }
}

#[test]
fn a_hostile_pattern_takes_no_time() {
    let pattern = "*a".repeat(2000) + "b";
    assert!(!glob(&pattern, &"a".repeat(5000)));
}

#[test]
fn a_pattern_names_with_and_without_tag_and_domain() {
    for (pattern, fits) in [
        ("busybox", true),
        ("busybox:1", true),
        ("busy*", true),
        ("busybox:*", true),
        ("docker.io/library/busybox", true),
        ("busybox:2", false),
        ("*/busybox", false),
        ("box", false),
    ] {
        let reference = "busybox:1".parse().unwrap();
        assert_eq!(names(&reference, pattern), fits, "{pattern}");
    }
    let reference = "127.0.0.1:5000/bb:two".parse().unwrap();
    assert!(names(&reference, "127.0.0.1:5000/*"));
    assert!(!names(&reference, "*"));
}
