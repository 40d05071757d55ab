use std::process::Command;

use super::*;

#[test]
fn the_runner_is_installed_once_and_repaired() {
    let root = tempfile::tempdir().unwrap();
    let path = ensure_runner(root.path()).unwrap();
    assert_eq!(fs::read(&path).unwrap(), RUNNER);
    let first = fs::metadata(&path).unwrap();
    assert_eq!(first.permissions().mode() & 0o777, 0o755);
    assert_eq!(ensure_runner(root.path()).unwrap(), path);
    let again = fs::metadata(&path).unwrap();
    assert_eq!(first.modified().unwrap(), again.modified().unwrap());

    fs::write(&path, "").unwrap();
    fs::write(path.with_file_name("palan-runner-0123"), "old").unwrap();
    fs::write(path.with_file_name("palan-runner-0123.7.tmp"), "half").unwrap();
    fs::write(path.with_file_name("mine"), "not ours").unwrap();
    assert_eq!(ensure_runner(root.path()).unwrap(), path);
    assert_eq!(fs::read(&path).unwrap(), RUNNER);
    let left = fs::read_dir(path.parent().unwrap()).unwrap().count();
    assert_eq!(left, 2, "the runner and the file that is not ours");
}

#[test]
fn the_runner_is_a_small_static_program() {
    assert!(RUNNER.starts_with(b"\x7fELF"));
    assert!(RUNNER.len() < 4 << 20, "{} bytes", RUNNER.len());
    assert!(!segments(RUNNER).contains(&PT_INTERP), "needs no loader");
}

/// Type of the segment that names a dynamic loader (`elf(5)`).
const PT_INTERP: u32 = 3;

/// Types of the segments of a 64-bit little-endian ELF file.
fn segments(elf: &[u8]) -> Vec<u32> {
    let number = |at: usize, size: usize| {
        let mut bytes = [0; 8];
        bytes[..size].copy_from_slice(&elf[at..at + size]);
        usize::try_from(u64::from_le_bytes(bytes)).unwrap()
    };
    let (table, size, count) = (number(32, 8), number(54, 2), number(56, 2));
    let kind = |index| u32::try_from(number(table + index * size, 4)).unwrap();
    (0..count).map(kind).collect()
}

#[test]
fn the_image_has_its_name() {
    let name = HELLO_NAME.as_bytes();
    assert!(hello_archive().windows(name.len()).any(|w| w == name));
}

/// A foreign reader finds the same image in both forms of the archive.
#[test]
fn skopeo_reads_the_image_as_docker_and_oci_archive() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("hello.tar");
    fs::write(&path, hello_archive()).unwrap();
    for transport in ["docker-archive", "oci-archive"] {
        let image = format!("{transport}:{}", path.display());
        let skopeo = Command::new("skopeo")
            .args(["inspect", "--config", "--raw", &image])
            .output();
        let Ok(output) = skopeo else {
            eprintln!("SKIPPED: skopeo is not installed (cargo xtask setup)");
            return;
        };
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{transport}: {text}");
        let config: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(config["config"]["Cmd"][0], "/hello");
        let copied = root.path().join(transport);
        let target = format!("dir:{}", copied.display());
        let copy = Command::new("skopeo")
            .args(["copy", "-q", &image, &target])
            .status();
        assert!(copy.unwrap().success(), "{transport}");
        let id = HELLO_IMAGE_ID.strip_prefix("sha256:").unwrap();
        assert!(copied.join(id).exists(), "{transport}: configuration {id}");
    }
}
