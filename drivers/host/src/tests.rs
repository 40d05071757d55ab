use std::path::Path;

use palan_contracts::{Host, PathKind};
use palan_model::ErrorKind;

use super::*;

#[test]
fn a_lone_stub_is_recognised() {
    assert!(only_stub(
        "# made by resolved\nnameserver 127.0.0.53\noptions edns0\n"
    ));
    assert!(!only_stub("nameserver 127.0.0.53\nnameserver 9.9.9.9\n"));
    assert!(!only_stub("nameserver 10.0.0.1\n"));
    assert!(!only_stub(""));
}

#[tokio::test]
async fn paths_are_told_apart() {
    let kind = async |path: &str| LinuxHost.path_kind(Path::new(path)).await.unwrap();
    assert_eq!(kind("/").await, Some(PathKind::Directory));
    assert_eq!(kind("/proc/self/exe").await, Some(PathKind::Other));
    assert_eq!(kind("/no/such/path").await, None);
}

#[tokio::test]
async fn a_device_is_described_with_its_numbers() {
    let null = LinuxHost.devices(Path::new("/dev/null")).await.unwrap();
    let [null] = &null[..] else {
        panic!("one device expected, got {null:?}")
    };
    assert_eq!(
        (null.kind, null.major, null.minor, null.path.as_str()),
        ('c', 1, 3, "/dev/null")
    );
    let all = LinuxHost.devices(Path::new("/dev")).await.unwrap();
    assert!(all.iter().any(|device| device.path == "/dev/zero"));
    assert!(
        all.iter()
            .all(|device| !device.path.starts_with("/dev/pts"))
    );
}

#[tokio::test]
async fn a_plain_file_is_refused_as_device() {
    let error = LinuxHost
        .devices(Path::new("/etc/passwd"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidParameter);
    assert!(
        error.chain().contains("not a device node"),
        "{}",
        error.chain()
    );
}
