//! The image that is measured: two static programs of a few dozen instructions' bytes.
//!
//! `/true` exits with 0, `/pause` waits for ever. They are written as ELF files by hand, so that the
//! program's own start is as little as possible of what is measured, and the same for all engines.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::json;

use crate::fixtures::{archive, image::Image, layer};

/// The image's reference.
pub const NAME: &str = "palan-bench:latest";

/// `exit_group(0)`.
const EXIT: &[u8] = b"\xb8\xe7\x00\x00\x00\x31\xff\x0f\x05";

/// `pause()` again and again.
const PAUSE: &[u8] = b"\xb8\x22\x00\x00\x00\x0f\x05\xeb\xf7";

/// Files in which each engine finds the programs.
pub struct Programs {
    /// For `docker load` and `podman load`.
    pub archive: PathBuf,
    /// For OCI runtimes.
    pub root: PathBuf,
}

/// Writes the programs and the archive below `dir`.
///
/// # Errors
/// When a file cannot be written.
pub fn make(dir: &Path) -> Result<Programs> {
    let root = dir.join("rootfs");
    for folder in ["proc", "sys", "dev", "etc"] {
        let folder = root.join(folder);
        fs::create_dir_all(&folder).with_context(|| format!("failed to create {folder:?}"))?;
    }
    program(&root.join("true"), EXIT)?;
    program(&root.join("pause"), PAUSE)?;
    let layer = layer::pack(&root, &[], &dir.join("layer.tar"), "ADD programs /")?;
    let image = Image {
        reference: NAME.to_owned(),
        layers: vec![layer],
        config: json!({"Env": ["PATH=/"], "Cmd": ["/true"]}),
    };
    let archive = dir.join("bench.docker.tar");
    archive::write_docker(&image, &archive)?;
    Ok(Programs { archive, root })
}

fn program(path: &Path, code: &[u8]) -> Result<()> {
    fs::write(path, elf(code))
        .and_then(|()| fs::set_permissions(path, fs::Permissions::from_mode(0o755)))
        .with_context(|| format!("failed to write {path:?}"))
}

/// An x86_64 executable of one loaded segment (System V ABI, "Object Files").
fn elf(code: &[u8]) -> Vec<u8> {
    const BASE: u64 = 0x40_0000;
    const HEADERS: u64 = 64 + 56;
    let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    let half = |file: &mut Vec<u8>, value: u16| file.extend(value.to_le_bytes());
    let word = |file: &mut Vec<u8>, value: u32| file.extend(value.to_le_bytes());
    let long = |file: &mut Vec<u8>, value: u64| file.extend(value.to_le_bytes());
    half(&mut file, 2); // executable
    half(&mut file, 62); // x86_64
    word(&mut file, 1);
    long(&mut file, BASE + HEADERS); // entry
    long(&mut file, 64); // program headers
    long(&mut file, 0); // no sections
    word(&mut file, 0);
    for value in [64, 56, 1, 0, 0, 0] {
        half(&mut file, value);
    }
    word(&mut file, 1); // load
    word(&mut file, 5); // read and execute
    long(&mut file, 0);
    long(&mut file, BASE);
    long(&mut file, BASE);
    let size = HEADERS + code.len() as u64;
    long(&mut file, size);
    long(&mut file, size);
    long(&mut file, 4096);
    file.extend(code);
    file
}
