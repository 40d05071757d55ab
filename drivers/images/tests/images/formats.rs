//! What GNU tar and Python's tarfile write is unpacked as they unpack it themselves.

use std::fs;
use std::path::Path;

use crate::fixtures::{Store, has, is_root, python, shell};
use crate::tree::{Tree, assert_same, describe};

/// Makes a tree with every kind of file.
const SOURCE: &str = r#"
import os, sys, random, stat
root, seed = os.fsencode(sys.argv[1]), int(sys.argv[2])
r = random.Random(seed)
names = [b'plain', b'sp ace', 'ünïcödé'.encode(), b'bad\xff\xfebytes', b'new\nline', b'-dash', b'a' * 200, b'\xe2\x80', b'x' * 99, b'y' * 100, b'z' * 101]
dirs = [root]
def when(path):
    ns = r.choice([0, 1, 1600000000, 1700000000, 2**31 + 5, -86400]) * 10**9 + r.randrange(10**9)
    os.utime(path, ns=(ns, ns), follow_symlinks=False)
def attributes(path):
    if r.random() < .3: os.setxattr(path, 'user.' + r.choice(['a', 'b.c']), r.choice([b'', b'v', bytes(range(256))]), follow_symlinks=False)
    if r.random() < .2: os.setxattr(path, 'security.capability', bytes.fromhex('0100000200040000000000000000000000000000'), follow_symlinks=False)
def owner(path):
    os.chown(path, r.choice([0, 33, 1000, 65534, 3000000, 4000000000]), r.choice([0, 33, 100, 2**31 + 1]), follow_symlinks=False)
files = []
for n in range(60):
    parent = r.choice(dirs)
    path = os.path.join(parent, r.choice(names) + str(n).encode())
    kind = r.choice(['dir', 'file', 'file', 'file', 'sparse', 'symlink', 'hardlink', 'fifo', 'char', 'block'])
    if kind == 'dir' and len(path) < 2500:
        os.mkdir(path); dirs.append(path); continue
    if kind == 'symlink':
        os.symlink(r.choice([b'plain', b'/etc/passwd', b't' * 150, b'bad\xff', b'./a/../b']), path); owner(path); when(path); continue
    if kind == 'hardlink' and files:
        os.link(r.choice(files), path, follow_symlinks=False); continue
    if kind == 'fifo': os.mkfifo(path)
    elif kind == 'char': os.mknod(path, stat.S_IFCHR, os.makedev(1, r.choice([3, 5, 700])))
    elif kind == 'block': os.mknod(path, stat.S_IFBLK, os.makedev(259, 70000))
    elif kind == 'sparse':
        with open(path, 'wb') as f:
            for _ in range(r.choice([0, 1, 5, 30])):
                f.seek(r.randrange(5 << 20) & ~4095); f.write(os.urandom(r.choice([1, 4096, 9999])))
            f.truncate(6 << 20)
    else:
        with open(path, 'wb') as f: f.write(r.randbytes(r.choice([0, 1, 511, 512, 513, 70000, 400000])))
    owner(path)
    if kind in ('file', 'sparse'): attributes(path); files.append(path)
    os.chmod(path, r.choice([0o644, 0o755, 0o4755, 0o2755, 0o1777, 0o000, 0o6711]))
    when(path)
for path in reversed(dirs):
    owner(path)
    if r.random() < .3: os.setxattr(path, 'user.dir', b'1')
    os.chmod(path, r.choice([0o755, 0o700, 0o2775, 0o1777, 0o500]))
    when(path)
"#;

/// What a format cannot say is made equal.
fn normalise(mut tree: Tree, whole_seconds: bool, xattrs: bool) -> Tree {
    for node in tree.values_mut() {
        if whole_seconds {
            node.modified.1 = 0;
        }
        if !xattrs {
            node.xattrs.clear();
        }
    }
    tree
}

async fn unpacked(archive: &Path) -> (Store, Tree) {
    let store = Store::in_memory();
    let layer = store.import(fs::read(archive).unwrap()).await;
    let layer = layer.unwrap_or_else(|error| panic!("{}", error.chain()));
    let tree = describe(&store.files(&layer));
    (store, tree)
}

#[tokio::test]
async fn gnu_tar_in_every_format() {
    if !is_root() || !has("tar") {
        return;
    }
    let cases = [
        ("--format=gnu", true, false),
        ("--format=gnu --sparse", true, false),
        ("--format=posix --xattrs --xattrs-include=*", false, true),
        ("--format=posix --sparse --sparse-version=0.0", false, false),
        (
            "--format=posix --sparse --sparse-version=0.1 --xattrs --xattrs-include=*",
            false,
            true,
        ),
        (
            "--format=posix --sparse --sparse-version=1.0 --xattrs --xattrs-include=*",
            false,
            true,
        ),
        ("--format=oldgnu --sparse", true, false),
    ];
    for (number, (options, whole_seconds, xattrs)) in cases.into_iter().enumerate() {
        for seed in 0..4 {
            let work = tempfile::tempdir().unwrap();
            let source = work.path().join("source");
            fs::create_dir(&source).unwrap();
            let seed = (number * 10 + seed).to_string();
            python(SOURCE, &[source.to_str().unwrap(), &seed]);
            let archive = work.path().join("a.tar");
            let (from, to) = (source.display(), archive.display());
            shell(&format!(
                "tar -C {from} --numeric-owner {options} -cf {to} . 2>/dev/null"
            ));
            let expected = normalise(describe(&source), whole_seconds, xattrs);
            let (_store, found) = unpacked(&archive).await;
            assert_same(&normalise(found, whole_seconds, xattrs), &expected);
        }
    }
}

/// Old formats cannot hold everything, so the tree is simple.
#[tokio::test]
async fn gnu_tar_in_old_formats() {
    if !is_root() || !has("tar") {
        return;
    }
    for format in ["v7", "ustar"] {
        let work = tempfile::tempdir().unwrap();
        let source = work.path().join("source");
        let deep = source.join("d".repeat(90)).join("e".repeat(60));
        let deep = if format == "v7" {
            source.join("d")
        } else {
            deep
        };
        fs::create_dir_all(&deep).unwrap();
        fs::write(deep.join("file"), "data").unwrap();
        std::os::unix::fs::symlink("file", deep.join("link")).unwrap();
        let archive = work.path().join("a.tar");
        let (from, to) = (source.display(), archive.display());
        shell(&format!("tar -C {from} --format={format} -cf {to} ."));
        let (_store, found) = unpacked(&archive).await;
        let expected = normalise(describe(&source), true, true);
        assert_same(&normalise(found, true, true), &expected);
    }
}

/// Holes stay holes.
#[tokio::test]
async fn a_sparse_file_takes_no_space() {
    if !has("tar") {
        return;
    }
    let work = tempfile::tempdir().unwrap();
    let (file, archive) = (work.path().join("big"), work.path().join("a.tar"));
    shell(&format!(
        "truncate -s 9G {0} && printf x | dd of={0} bs=1 seek=5G conv=notrunc status=none",
        file.display()
    ));
    for options in ["--format=gnu", "--format=posix --sparse-version=1.0"] {
        let (from, to) = (work.path().display(), archive.display());
        shell(&format!("tar -C {from} {options} --sparse -cf {to} big"));
        let store = Store::new();
        let layer = store.import(fs::read(&archive).unwrap()).await.unwrap();
        let found = fs::metadata(store.files(&layer).join("big")).unwrap();
        assert_eq!(found.len(), 9 << 30);
        assert!(std::os::unix::fs::MetadataExt::blocks(&found) < 1000);
        assert_eq!(layer.size, 9 << 30);
    }
}

/// Members with odd metadata, which no file system would give to tar.
const ODD: &str = r#"
import io, random, sys, tarfile
path, format, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
r = random.Random(seed)
with tarfile.open(path, 'w', format=format, encoding='utf-8', errors='surrogateescape') as tar:
    made = []
    for n in range(50):
        name = r.choice(['a', 'b/c', './d', 'e//f', 'g/./h', 'i' * 99, 'long/' * 60 + 'x', 'k\udcff\udcfe', 'ü' * 80]) + str(n)
        info = tarfile.TarInfo(name)
        info.mode = r.choice([0o644, 0o4755, 0o100755, 0o1777])
        info.uid, info.gid = r.choice([0, 7, 2097151, 2097152, 2**32 - 2]), r.choice([0, 8, 2**31])
        info.uname, info.gname = '', ''
        info.mtime = r.choice([0, 5, 2**33 + 1] + ([1700000000.25, -1.5, -86400] if format == tarfile.PAX_FORMAT else []))
        kind = r.choice(['file', 'file', 'dir', 'symlink', 'link', 'char', 'fifo', 'contiguous'])
        data = b''
        if kind in ('file', 'contiguous'):
            data = r.randbytes(r.choice([0, 1, 512, 3000]))
            info.size = len(data)
            if kind == 'contiguous': info.type = tarfile.CONTTYPE
        elif kind == 'dir': info.type = tarfile.DIRTYPE
        elif kind == 'symlink': info.type, info.linkname = tarfile.SYMTYPE, r.choice(['/abs', 's' * 120, 'x\udc80'])
        elif kind == 'link' and made: info.type, info.linkname = tarfile.LNKTYPE, r.choice(made)
        elif kind == 'char': info.type, info.devmajor, info.devminor = tarfile.CHRTYPE, 1, 3
        else: info.type = tarfile.FIFOTYPE
        if format == tarfile.PAX_FORMAT and r.random() < .3:
            info.pax_headers = {'comment': r.choice(['', 'x' * 600]), 'VENDOR.empty': ''}
        tar.addfile(info, io.BytesIO(data))
        if kind == 'file': made.append(name)
"#;

const EXTRACT: &str = r#"
import sys, tarfile
with tarfile.open(sys.argv[1], encoding='utf-8', errors='surrogateescape') as tar:
    tar.extraction_filter = lambda member, path: member
    tar.extractall(sys.argv[2], numeric_owner=True)
"#;

#[tokio::test]
async fn python_with_odd_members() {
    if !is_root() || !has("python3") {
        return;
    }
    for (format, seed) in [1, 2]
        .into_iter()
        .flat_map(|format| (0..12).map(move |s| (format, s)))
    {
        let work = tempfile::tempdir().unwrap();
        let (archive, expected) = (work.path().join("a.tar"), work.path().join("expected"));
        let seed = seed.to_string();
        let path = archive.to_str().unwrap();
        python(ODD, &[path, if format == 1 { "1" } else { "2" }, &seed]);
        python(EXTRACT, &[path, expected.to_str().unwrap()]);
        let (_store, found) = unpacked(&archive).await;
        let mut expected = describe(&expected);
        // Directories that no member names have no defined times.
        for (name, node) in &found {
            if let Some(other) = expected.get_mut(name)
                && node.mode == 0o040_755
                && node.owner == (0, 0)
            {
                other.modified = node.modified;
                other.mode = node.mode;
            }
            // Python does not set the times of links.
            if let Some(other) = expected.get_mut(name)
                && node.mode & 0o170_000 == 0o120_000
            {
                other.modified = node.modified;
            }
        }
        assert_same(&found, &expected);
    }
}

/// Several archives' worth of compression, in one stream.
#[tokio::test]
async fn compressed_in_pieces() {
    if !has("gzip") || !has("zstd") {
        return;
    }
    let work = tempfile::tempdir().unwrap();
    let at = work.path().display();
    shell(&format!(
        "cd {at} && mkdir d && head -c 300000 /dev/urandom > d/x && tar -cf a.tar d &&
         head -c 100000 a.tar | gzip > a.gz && tail -c +100001 a.tar | gzip >> a.gz &&
         head -c 100000 a.tar | zstd -q > a.zst && tail -c +100001 a.tar | zstd -q >> a.zst"
    ));
    let mut plain = unpacked(&work.path().join("a.tar")).await.1;
    plain.remove(&b"."[..]);
    for name in ["a.gz", "a.zst"] {
        let mut found = unpacked(&work.path().join(name)).await.1;
        found.remove(&b"."[..]);
        assert_same(
            &normalise(found, false, false),
            &normalise(plain.clone(), false, false),
        );
    }
}
