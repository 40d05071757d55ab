//! Filters against what dockerd answers.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use palan_model::Timestamp;

use super::{Filters, any, boolean, check_names, labels, until};

fn filters(given: &[(&str, &[&str])]) -> Filters {
    given
        .iter()
        .map(|(name, values)| {
            let values = values.iter().map(|value| (*value).to_owned());
            ((*name).to_owned(), values.collect())
        })
        .collect()
}

#[test]
fn unknown_names_are_refused_in_dockers_words() {
    let given = filters(&[("name", &["x"]), ("nope", &["x"])]);
    let error = check_names(&given, &["name"]).unwrap_err().to_string();
    assert_eq!(error, "Invalid filter 'nope'");
    check_names(&given, &["name", "nope"]).unwrap();
}

#[test]
fn one_value_of_a_filter_is_enough() {
    let given = filters(&[("name", &["a", "b"]), ("none", &[])]);
    assert!(any(&given, "name", |value| value == "b"));
    assert!(!any(&given, "name", |value| value == "c"));
    assert!(any(&given, "absent", |_| false));
    assert!(!any(&given, "none", |_| true));
}

#[test]
fn all_labels_must_be_there() {
    let have: BTreeMap<_, _> = [("a", "1"), ("b", "")]
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .into();
    let fits = |given: &[(&str, &[&str])]| labels(&filters(given), &have);
    assert!(fits(&[]));
    assert!(fits(&[("label", &["a"])]));
    assert!(fits(&[("label", &["a=1", "b", "b="])]));
    assert!(!fits(&[("label", &["a=2"])]));
    assert!(!fits(&[("label", &["a", "c"])]));
    assert!(!fits(&[("label!", &["a"])]));
    assert!(fits(&[("label!", &["c"])]));
    // As dockerd: left alone is only what has all of them.
    assert!(fits(&[("label!", &["a", "c"])]));
    assert!(!fits(&[("label!", &["a", "b"])]));
    assert!(!fits(&[("label", &["a"]), ("label!", &["a=1"])]));
}

#[test]
fn booleans_are_dockers() {
    let value = |values: &[&str]| boolean(&filters(&[("dangling", values)]), "dangling");
    assert_eq!(value(&["true"]).unwrap(), Some(true));
    assert_eq!(value(&["1", "true"]).unwrap(), Some(true));
    assert_eq!(value(&["0"]).unwrap(), Some(false));
    assert_eq!(boolean(&Filters::new(), "dangling").unwrap(), None);
    for (values, text) in [
        (&["x"][..], "Invalid filter 'dangling=[x]'"),
        (&["true", "false"], "Invalid filter 'dangling=[true false]'"),
    ] {
        assert_eq!(value(values).unwrap_err().to_string(), text);
    }
}

#[test]
fn until_takes_times_and_durations() {
    let now: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
    let at = |value: &str| until(&filters(&[("until", &[value])]), now);
    for (value, time) in [
        ("24h", "2026-01-01T03:04:05Z"),
        ("1h30m5s", "2026-01-02T01:34:00Z"),
        ("1.5m", "2026-01-02T03:02:35Z"),
        ("500ms", "2026-01-02T03:04:04.5Z"),
        ("0s", "2026-01-02T03:04:05Z"),
        ("-1h", "2026-01-02T04:04:05Z"),
        ("1136073600", "2006-01-01T00:00:00Z"),
        ("1136073600.5", "2006-01-01T00:00:00.5Z"),
        ("2025-12-31T10:00:00Z", "2025-12-31T10:00:00Z"),
        ("2025-12-31T10:00:00+01:00", "2025-12-31T09:00:00Z"),
        ("2025-12-31T10:00:00", "2025-12-31T10:00:00Z"),
        ("2025-12-31T10:00", "2025-12-31T10:00:00Z"),
        ("2025-12-31", "2025-12-31T00:00:00Z"),
    ] {
        let expected = time.parse().unwrap();
        assert_eq!(at(value).unwrap(), Some(expected), "{value}");
    }
    for value in ["", "x", "1d", "h", "1h2", "-", "99999999999999999999h"] {
        at(value).unwrap_err();
    }
    assert_eq!(until(&Filters::new(), now).unwrap(), None);
    until(&filters(&[("until", &["1h", "2h"])]), now).unwrap_err();
}
