//! Archives that attack: each is refused with a clear error, and nothing is left behind.

use std::fs;
use std::io::Write;

use palan_contracts::Error;
use palan_images::Limits;
use palan_model::ErrorKind;

use crate::archive::{Archive, Member, seal};
use crate::fixtures::{Store, eventually, is_root};

fn small() -> Limits {
    Limits {
        entries: 50,
        special_files: 3,
        bytes: 1 << 20,
        ratio: 20,
        ratio_from: 100_000,
        directory_names: 10_000,
        ..Limits::default()
    }
}

/// Imports, expects a refusal, and looks that nothing is left.
async fn refused(archive: Vec<u8>, words: &str) -> Error {
    let store = Store::with(small());
    let outside = store.root.path().join("outside");
    fs::write(&outside, "untouched").unwrap();
    let error = store.import(archive).await.expect_err(words);
    assert_eq!(
        error.kind(),
        ErrorKind::InvalidParameter,
        "{}",
        error.chain()
    );
    assert!(
        error.chain().contains(words),
        "{:?} lacks {words:?}",
        error.chain()
    );
    for directory in ["layers", "tmp", "ingest", "blobs/sha256"] {
        assert!(
            store.names(directory).is_empty(),
            "{directory} is not empty: {words}"
        );
    }
    assert_eq!(fs::read(&outside).unwrap(), b"untouched");
    let trash = store.root.path().join("trash/images");
    eventually("trash is emptied", || {
        fs::read_dir(&trash).unwrap().next().is_none()
    });
    error
}

#[tokio::test]
async fn names_that_lead_out() {
    for name in [
        "../outside",
        "a/../../outside",
        "..",
        "/../outside",
        "./../../x",
    ] {
        refused(
            Archive::new().file(name, "evil").finish(),
            "leads out of the layer",
        )
        .await;
    }
    let records: [(&str, &[u8]); 1] = [("path", b"../../outside")];
    let hidden = Archive::new().pax(&records).file("innocent", "evil");
    refused(hidden.finish(), "leads out of the layer").await;
    let hidden = Archive::new()
        .gnu_long(b'L', b"../outside")
        .file("innocent", "evil");
    refused(hidden.finish(), "leads out of the layer").await;
}

#[tokio::test]
async fn absolute_names_stay_inside() {
    let store = Store::new();
    let layer = store
        .import(Archive::new().file("/etc/x/../y", "in").finish())
        .await
        .unwrap();
    assert_eq!(fs::read(store.files(&layer).join("etc/y")).unwrap(), b"in");
}

#[tokio::test]
async fn symbolic_links_out_of_the_layer() {
    for target in ["../../outside", "..", "a/../../..", "../x"] {
        let archive = Archive::new().symlink("link", target).finish();
        refused(archive, "is a link out of the layer").await;
    }
    let deep = Archive::new()
        .directory("a")
        .symlink("a/link", "../../outside")
        .finish();
    refused(deep, "is a link out of the layer").await;
}

#[tokio::test]
async fn writing_through_links() {
    let absolute = Archive::new()
        .symlink("l", "/etc")
        .file("l/x", "evil")
        .finish();
    refused(absolute, "leads through an absolute link").await;
    let chain = Archive::new()
        .symlink("a", "/")
        .symlink("b", "a")
        .file("b/outside", "evil");
    refused(chain.finish(), "leads through an absolute link").await;
    let endless = Archive::new()
        .symlink("a", "b")
        .symlink("b", "a")
        .file("a/x", "evil")
        .finish();
    refused(endless, "leads through too many links").await;
    let moved = Archive::new()
        .directory("a/b")
        .symlink("l", "a/b")
        .symlink("l/up", "../../../outside")
        .finish();
    refused(moved, "is a link out of the layer").await;
    let whiteout = Archive::new()
        .symlink("l", "/etc")
        .file("l/.wh.passwd", "")
        .finish();
    refused(whiteout, "leads through an absolute link").await;
    let proc = Archive::new()
        .symlink("l", "/proc/self/root")
        .file("l/outside", "evil")
        .finish();
    refused(proc, "leads through an absolute link").await;
}

#[tokio::test]
async fn a_link_inside_the_layer_is_followed() {
    let store = Store::new();
    let archive = Archive::new()
        .directory("usr/lib")
        .symlink("lib", "usr/lib")
        .file("lib/x", "in");
    let layer = store.import(archive.finish()).await.unwrap();
    assert_eq!(
        fs::read(store.files(&layer).join("usr/lib/x")).unwrap(),
        b"in"
    );
    assert!(store.files(&layer).join("lib").is_symlink());
}

#[tokio::test]
async fn hard_links_out_of_the_layer() {
    for target in [
        "../outside",
        "../../../../../../etc/passwd",
        "a/../../outside",
    ] {
        let archive = Archive::new().hard_link("link", target).finish();
        refused(archive, "is a link out of the layer").await;
    }
    for target in ["/etc/passwd", "/outside", "nothing"] {
        let archive = Archive::new().hard_link("link", target).finish();
        refused(archive, "is a hard link to a file that does not exist").await;
    }
    let through = Archive::new()
        .symlink("l", "/etc")
        .hard_link("x", "l/passwd")
        .finish();
    refused(through, "is a hard link to a file that does not exist").await;
    let root = Archive::new().hard_link("x", ".").finish();
    refused(root, "is a hard link to the layer's root").await;
    let directory = Archive::new().directory("d").hard_link("x", "d").finish();
    refused(directory, "is a hard link to a directory").await;
}

/// Writing to a hard link of a symbolic link must not follow it.
#[tokio::test]
async fn a_file_in_place_of_a_link_replaces_the_link() {
    let store = Store::new();
    let outside = store.root.path().join("outside");
    fs::write(&outside, "untouched").unwrap();
    let archive = Archive::new()
        .symlink("l", outside.to_str().unwrap())
        .hard_link("m", "l")
        .file("l", "new")
        .file("m", "new");
    let layer = store.import(archive.finish()).await.unwrap();
    assert_eq!(fs::read(&outside).unwrap(), b"untouched");
    assert_eq!(fs::read(store.files(&layer).join("m")).unwrap(), b"new");
}

#[tokio::test]
async fn the_root_is_a_directory() {
    for kind in [b'0', b'1', b'2', b'6'] {
        let mut member = Member::new(kind, "./");
        member.link = b"x".to_vec();
        refused(
            Archive::new().add(&member).finish(),
            "would replace the layer's root",
        )
        .await;
    }
}

#[tokio::test]
async fn whiteouts_of_no_name() {
    for name in [".wh.", "a/.wh..", ".wh..."] {
        refused(
            Archive::new().file(name, "").finish(),
            "is a whiteout of no valid name",
        )
        .await;
    }
    let inside = Archive::new().file(".wh.a/b", "").finish();
    refused(inside, "is a whiteout with something in it").await;
}

#[tokio::test]
async fn too_much_of_anything() {
    let many = (0..60).fold(Archive::new(), |a, n| a.file(format!("f{n}"), ""));
    refused(many.finish(), "number of entries exceeds the limit of 50").await;
    let fifos = (0..10).fold(Archive::new(), |a, n| {
        a.add(&Member::new(b'6', format!("p{n}")))
    });
    refused(
        fifos.finish(),
        "number of special files exceeds the limit of 3",
    )
    .await;
    let big = Archive::new().file("big", vec![1; 2 << 20]).finish();
    refused(big, "size in bytes exceeds the limit").await;
    let claims = Member {
        size: Some(1 << 32),
        ..Member::new(b'0', "claims")
    };
    refused(
        Archive::new().add(&claims).finish(),
        "size in bytes exceeds the limit",
    )
    .await;
    let deep = vec!["d"; 1500].join("/");
    let deep = Archive::new()
        .gnu_long(b'L', deep.as_bytes())
        .file("x", "")
        .finish();
    refused(deep, "length of directory names exceeds the limit").await;
}

#[tokio::test]
async fn devices_are_counted_too() {
    if !is_root() {
        return;
    }
    let node = |n| Member {
        device: (1, 3),
        ..Member::new(b'3', format!("null{n}"))
    };
    let flood = (0..10).fold(Archive::new(), |a, n| a.add(&node(n)));
    refused(
        flood.finish(),
        "number of special files exceeds the limit of 3",
    )
    .await;
}

#[tokio::test]
async fn bombs() {
    let zeros = Archive::new().file("zeros", vec![0; 900_000]).finish();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(&zeros).unwrap();
    refused(
        gzip.finish().unwrap(),
        "compression ratio exceeds the limit of 20",
    )
    .await;
    let zstd = zstd::encode_all(&zeros[..], 19).unwrap();
    refused(zstd, "compression ratio exceeds the limit of 20").await;
    // Endless padding behind the last entry.
    let mut padded = Archive::new().file("a", "").finish();
    padded.resize(4 << 20, 0);
    refused(padded, "size in bytes exceeds the limit").await;
}

#[tokio::test]
async fn long_names() {
    let component = vec![b'n'; 300];
    let archive = Archive::new()
        .gnu_long(b'L', &component)
        .file("x", "")
        .finish();
    refused(archive, "name too long").await;
    let path = vec!["d/"; 4000].concat();
    let archive = Archive::new()
        .gnu_long(b'L', path.as_bytes())
        .file("x", "")
        .finish();
    refused(archive, "d/d/d").await;
    let target = vec![b't'; 5000];
    let archive = Archive::new()
        .gnu_long(b'K', &target)
        .symlink("x", "")
        .finish();
    refused(archive, "name too long").await;
    let endless = Member {
        size: Some(4 << 30),
        ..Member::new(b'L', "././@LongLink")
    };
    refused(Archive::new().add(&endless).finish(), "is too long").await;
    let endless = Member {
        size: Some(2 << 20),
        ..Member::new(b'x', "pax")
    };
    refused(Archive::new().add(&endless).finish(), "is too long").await;
}

#[tokio::test]
async fn malformed_archives() {
    refused(
        b"this is no archive, and long enough to be read as one".repeat(20),
        "tar header",
    )
    .await;
    let whole = Archive::new().file("f", vec![7; 5000]).finish();
    for length in [100, 700, 3000] {
        refused(whole[..length].to_vec(), "ends in the middle of an entry").await;
    }
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&whole).unwrap();
    let gzip = gzip.finish().unwrap();
    refused(gzip[..gzip.len() - 10].to_vec(), "not compressed properly").await;
    let mut damaged = gzip.clone();
    let last = damaged.len() - 6;
    damaged[last] ^= 1;
    refused(damaged, "not compressed properly").await;
    refused([&gzip[..], b"garbage"].concat(), "not compressed properly").await;
    let zstd = zstd::encode_all(&whole[..], 1).unwrap();
    refused(zstd[..zstd.len() - 5].to_vec(), "not compressed properly").await;
    let unknown = Archive::new()
        .add(&Member::new(b'M', "multi-volume"))
        .finish();
    refused(unknown, "unsupported tar entry type 'M'").await;
}

#[tokio::test]
async fn malformed_headers() {
    let fields: [(std::ops::Range<usize>, &[u8], &str); 4] = [
        (108..116, b"notoctal", "invalid uid"),
        (
            124..136,
            b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
            "invalid size",
        ),
        (108..116, b"\xff\xff\xff\xff\xff\xff\xff\xff", "invalid uid"),
        (
            124..136,
            b"\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
            "invalid size",
        ),
    ];
    for (range, bytes, words) in fields {
        let mut block = Member::new(b'0', "f").header();
        block[range].copy_from_slice(bytes);
        seal(&mut block);
        refused(Archive(block.to_vec()).finish(), words).await;
    }
    for record in [
        "",
        "x",
        "5 a=b",
        "99 path=x\n",
        "3 =\n",
        "8 path=x",
        "0 a=b\n",
        "7 a=bcd",
    ] {
        let header = Member {
            data: record.into(),
            ..Member::new(b'x', "pax")
        };
        let archive = Archive::new().add(&header).file("f", "").finish();
        if !record.is_empty() {
            refused(archive, "invalid extended tar header").await;
        }
    }
    let minus_one: [(&str, &[u8]); 1] = [("uid", b"4294967295")];
    refused(
        Archive::new().pax(&minus_one).file("f", "").finish(),
        "invalid uid",
    )
    .await;
    let nul: [(&str, &[u8]); 1] = [("path", b"a\0b")];
    refused(
        Archive::new().pax(&nul).file("f", "").finish(),
        "invalid extended",
    )
    .await;
}

#[tokio::test]
async fn malformed_sparse_maps() {
    for map in [
        "0,10,5,3",
        "0,3,1,2",
        "0",
        "5,99",
        "0,1",
        "18446744073709551615,3",
        "a,b",
    ] {
        let records: [(&str, &[u8]); 2] = [
            ("GNU.sparse.realsize", b"20"),
            ("GNU.sparse.map", map.as_bytes()),
        ];
        let archive = Archive::new().pax(&records).file("s", "abc").finish();
        refused(archive, "invalid").await;
    }
    for map in ["", "1\n", "99999999999\n", "1\n0\n7\n", "x\n", "1\n0\n3"] {
        let records: [(&str, &[u8]); 3] = [
            ("GNU.sparse.major", b"1"),
            ("GNU.sparse.minor", b"0"),
            ("GNU.sparse.realsize", b"20"),
        ];
        let mut data = map.as_bytes().to_vec();
        data.resize(512, 0);
        data.extend(b"abc");
        refused(
            Archive::new().pax(&records).file("s", data).finish(),
            "invalid sparse",
        )
        .await;
    }
}

/// Overlayfs would follow its own attributes out of the layer.
#[tokio::test]
async fn overlay_attributes_are_left_out() {
    if !is_root() {
        return;
    }
    let store = Store::new();
    let records: [(&str, &[u8]); 3] = [
        ("SCHILY.xattr.trusted.overlay.redirect", b"/../../etc"),
        ("SCHILY.xattr.trusted.overlay.opaque", b"y"),
        ("SCHILY.xattr.user.kept", b"yes"),
    ];
    let layer = store
        .import(Archive::new().pax(&records).directory("d").finish())
        .await
        .unwrap();
    let found = crate::tree::describe(&store.files(&layer));
    let names: Vec<_> = found[&b"d"[..]].xattrs.keys().map(Vec::as_slice).collect();
    assert_eq!(names, [b"user.kept"]);
}
