//! What the tests share: a store in a temporary directory, programs, fixture images.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use palan_contracts::{ByteReader, Error, LayerStore, ProgressSink};
use palan_images::{ImageStore, Limits};
use palan_model::image::ImageLayer;

/// A store that vanishes with the test.
pub struct Store {
    pub root: tempfile::TempDir,
    pub images: ImageStore,
}

impl Store {
    pub fn new() -> Self {
        Self::with(Limits::default())
    }

    /// In memory where that is possible: each layer is synced, and a disk takes its time.
    pub fn in_memory() -> Self {
        let memory = Path::new("/dev/shm");
        let root = match memory.is_dir() {
            true => tempfile::tempdir_in(memory),
            false => tempfile::tempdir(),
        };
        Self::at(root.unwrap(), Limits::default())
    }

    pub fn with(limits: Limits) -> Self {
        Self::at(tempfile::tempdir().unwrap(), limits)
    }

    fn at(root: tempfile::TempDir, limits: Limits) -> Self {
        let images = ImageStore::open_with(root.path(), limits).unwrap();
        Self { root, images }
    }

    pub async fn import(&self, archive: Vec<u8>) -> Result<ImageLayer, Error> {
        self.images.import(reader(archive)).await
    }

    /// The files of a layer.
    pub fn files(&self, layer: &ImageLayer) -> PathBuf {
        self.images.path(&layer.chain_id)
    }

    pub fn names(&self, directory: &str) -> Vec<String> {
        names(&self.root.path().join(directory))
    }
}

pub fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

pub fn reader(bytes: Vec<u8>) -> ByteReader {
    Box::new(Cursor::new(bytes))
}

pub async fn file(path: &Path) -> ByteReader {
    Box::new(tokio::fs::File::open(path).await.unwrap())
}

pub fn no_progress() -> ProgressSink {
    Arc::new(|_| ())
}

/// True as root; says so loudly when not.
pub fn is_root() -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        eprintln!("SKIPPED: needs root");
    }
    root
}

/// True when a program is there; says so loudly when not.
pub fn has(program: &str) -> bool {
    let found = Command::new("sh")
        .args(["-c", &format!("command -v {program}")])
        .output()
        .unwrap();
    if !found.status.success() {
        eprintln!("SKIPPED: {program} is not installed");
    }
    found.status.success()
}

/// A fixture image made by `cargo xtask fixtures`.
pub fn fixture(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../target/fixtures")
        .join(name);
    if !path.exists() {
        eprintln!(
            "SKIPPED: {} is missing: run cargo xtask fixtures",
            path.display()
        );
        return None;
    }
    Some(path)
}

/// Runs a shell script; its standard output.
pub fn shell(script: &str) -> Vec<u8> {
    let out = Command::new("sh").args(["-ec", script]).output().unwrap();
    assert!(
        out.status.success(),
        "{script}\n{}",
        String::from_utf8_lossy(&out.stderr)
    );
    out.stdout
}

/// Runs Python over a script; its standard output.
pub fn python(script: &str, arguments: &[&str]) -> Vec<u8> {
    let out = Command::new("python3")
        .arg("-c")
        .arg(script)
        .args(arguments)
        .output()
        .unwrap();
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    out.stdout
}

pub fn eventually(what: &str, condition: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !condition() {
        assert!(Instant::now() < end, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
