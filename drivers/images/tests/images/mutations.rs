//! Damaged archives may be refused or not, but nothing panics and nothing half-done appears.

use proptest::prelude::*;

use crate::archive::{Archive, Member, seal};
use crate::fixtures::Store;

fn sample() -> Vec<u8> {
    let sparse: [(&str, &[u8]); 3] = [
        ("GNU.sparse.major", b"1"),
        ("GNU.sparse.minor", b"0"),
        ("GNU.sparse.realsize", b"5000"),
    ];
    let mut map = b"2\n0\n3\n4990\n4\n".to_vec();
    map.resize(512, 0);
    map.extend(b"abcdefg");
    let mut old = Member {
        data: b"abc".to_vec(),
        ..Member::new(b'S', "old")
    }
    .header();
    old[257..265].copy_from_slice(b"ustar  \0");
    old[386..410].copy_from_slice(b"00000000005\x0000000000003\0");
    old[483..495].copy_from_slice(b"00000000020\0");
    seal(&mut old);
    let mut archive = Archive::new()
        .directory("d")
        .file("d/f", vec![1; 1000])
        .pax(&[
            ("path", "dïr/é".as_bytes()),
            ("mtime", b"1.5"),
            ("SCHILY.xattr.user.a", b""),
        ])
        .file("x", "data")
        .extended(b'g', &[("comment", b"none")])
        .gnu_long(b'L', &[b'n'; 150])
        .gnu_long(b'K', b"target")
        .symlink("s", "t")
        .hard_link("h", "d/f")
        .file("d/.wh.gone", "")
        .file("d/.wh..wh..opq", "")
        .pax(&sparse)
        .file("sparse", map);
    archive.0.extend(old);
    archive.0.extend(b"abc");
    archive.finish()
}

fn import(bytes: Vec<u8>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let store = Store::in_memory();
    if let Err(error) = runtime.block_on(store.import(bytes)) {
        assert!(
            !error.chain().contains("ended unexpectedly"),
            "a worker panicked"
        );
        assert!(store.names("layers").is_empty() && store.names("tmp").is_empty());
    }
}

#[test]
fn the_sample_itself_is_unpacked() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let store = Store::new();
    let layer = runtime.block_on(store.import(sample()));
    let files = store.files(&layer.unwrap_or_else(|error| panic!("{}", error.chain())));
    assert_eq!(
        std::fs::read(files.join("old")).unwrap(),
        b"\0\0\0\0\0abc\0\0\0\0\0\0\0\0"
    );
    let sparse = std::fs::read(files.join("sparse")).unwrap();
    assert_eq!(
        (&sparse[..4], &sparse[4989..4995]),
        (&b"abc\0"[..], &b"\0defg\0"[..])
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn bytes_are_changed(changes in prop::collection::vec((0usize..12_000, any::<u8>()), 1..20)) {
        let mut bytes = sample();
        for (at, byte) in changes {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        import(bytes);
    }

    /// With right checksums, so that the changes are looked at.
    #[test]
    fn headers_are_changed(changes in prop::collection::vec((0usize..24, 0usize..512, any::<u8>()), 1..20)) {
        let mut bytes = sample();
        for (block, at, byte) in changes {
            let start = block * 512 % bytes.len();
            let mut header: [u8; 512] = bytes[start..start + 512].try_into().unwrap();
            header[at] = byte;
            seal(&mut header);
            bytes[start..start + 512].copy_from_slice(&header);
        }
        import(bytes);
    }

    #[test]
    fn archives_are_cut(length in 0usize..12_000) {
        let mut bytes = sample();
        bytes.truncate(length);
        import(bytes);
    }

    #[test]
    fn anything_at_all(bytes in prop::collection::vec(any::<u8>(), 0..3000), gzip in any::<bool>()) {
        let start: &[u8] = if gzip { b"\x1f\x8b\x08" } else { b"\x28\xb5\x2f\xfd" };
        import(bytes.clone());
        import([start, &bytes].concat());
    }
}
