use super::ModificationTime;
use super::number::{decimal, numeric, time};
use super::pax::Records;
use super::sparse::{Extent, SparseMap};

#[test]
fn numbers_in_every_form() {
    let cases: [(&[u8], Option<i64>); 14] = [
        (b"0000644\0", Some(0o644)),
        (b"  644 \0\0", Some(0o644)),
        (b"\0\0\0\0", Some(0)),
        (b"", Some(0)),
        (b"777\0junk", Some(0o777)),
        (b"8", None),
        (b"-1", None),
        (b"0x1", None),
        (b"777777777777777777777777", None),
        (b"\x80\0\0\0\0\0\x01\x02", Some(0x102)),
        (b"\xff\xff\xff\xff", Some(-1)),
        (b"\xff\xff\xff\x00", Some(-256)),
        (
            b"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff",
            Some(i64::MAX),
        ),
        (b"\x80\0\0\0\x80\0\0\0\0\0\0\0", None),
    ];
    for (field, expected) in cases {
        assert_eq!(numeric(field), expected, "{}", field.escape_ascii());
    }
    assert_eq!(decimal(b"18446744073709551615"), Some(u64::MAX));
    assert_eq!(decimal(b"18446744073709551616"), None);
    assert_eq!(
        (decimal(b""), decimal(b"1 "), decimal(b"-1")),
        (None, None, None)
    );
}

#[test]
fn times_with_fractions() {
    let cases: [(&str, Option<(i64, u32)>); 11] = [
        ("1", Some((1, 0))),
        ("1.5", Some((1, 500_000_000))),
        ("1.", Some((1, 0))),
        ("0.0000000019", Some((0, 1))),
        ("-1.5", Some((-2, 500_000_000))),
        ("-0.25", Some((-1, 750_000_000))),
        ("-3", Some((-3, 0))),
        ("1.x", None),
        (".5", None),
        ("", None),
        ("99999999999999999999", None),
    ];
    for (text, expected) in cases {
        let expected = expected.map(|(seconds, nanoseconds)| ModificationTime {
            seconds,
            nanoseconds,
        });
        assert_eq!(time(text.as_bytes()), expected, "{text}");
    }
}

fn record(key: &str, value: &str) -> Vec<u8> {
    let length = (1..).find(|n| format!("{n} {key}={value}\n").len() == *n);
    format!("{} {key}={value}\n", length.expect("some length fits")).into_bytes()
}

#[test]
fn an_empty_value_takes_a_record_back_but_an_attribute_may_be_empty() {
    let mut records = Records::default();
    for (key, value) in [
        ("path", "a\nb=c"),
        ("uid", "12"),
        ("mtime", "1.5"),
        ("SCHILY.xattr.user.x", ""),
        ("comment", ""),
    ] {
        records.merge(&record(key, value)).expect("well formed");
    }
    assert_eq!(records.path.as_deref(), Some(&b"a\nb=c"[..]));
    assert_eq!(
        (records.uid, records.xattrs[&b"user.x"[..]].len()),
        (Some(12), 0)
    );
    let both = [record("path", ""), record("uid", "")].concat();
    records.merge(&both).expect("well formed");
    assert_eq!((&records.path, records.uid), (&None, None));
    assert!(records.modified.is_some());
}

#[test]
fn sparse_maps_are_checked() {
    let map = |extents: &[(u64, u64)]| SparseMap {
        size: 100,
        extents: extents
            .iter()
            .map(|&(offset, length)| Extent { offset, length })
            .collect(),
    };
    assert!(map(&[]).checked(0, 0).is_ok());
    assert!(map(&[(0, 10), (10, 5), (100, 0)]).checked(15, 0).is_ok());
    for (extents, stored) in [
        (&[(0, 10)][..], 9),
        (&[(95, 10)], 10),
        (&[(10, 10), (15, 10)], 20),
        (&[(50, 1), (10, 1)], 2),
        (&[(u64::MAX, 2)], 2),
    ] {
        assert!(map(extents).checked(stored, 0).is_err(), "{extents:?}");
    }
}
