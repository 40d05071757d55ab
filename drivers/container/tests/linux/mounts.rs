//! Binds, tmpfs, propagation, new volumes, masked and read-only paths, links that lead elsewhere.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

use palan_model::RootfsSpec;

use crate::Test;
use crate::fixture::{Fixture, Running, output};

pub const TESTS: &[Test] = &[
    ("binds", binds),
    ("binds_of_files_onto_nothing", binds_of_files_onto_nothing),
    ("read_only_binds", read_only_binds),
    (
        "new_volumes_get_the_images_content",
        new_volumes_get_the_images_content,
    ),
    ("tmpfs", tmpfs),
    ("propagation", propagation),
    (
        "a_root_on_a_shared_mount_shares_nothing",
        a_root_on_a_shared_mount_shares_nothing,
    ),
    ("masked_and_read_only_paths", masked_and_read_only_paths),
    ("read_only_root", read_only_root),
    ("directory_root", directory_root),
    ("many_layers", many_layers),
    ("nothing_is_seen_on_the_host", nothing_is_seen_on_the_host),
    (
        "links_in_mount_targets_stay_inside",
        links_in_mount_targets_stay_inside,
    ),
    ("links_at_proc_are_refused", links_at_proc_are_refused),
    (
        "a_false_null_device_masks_nothing",
        a_false_null_device_masks_nothing,
    ),
];

fn binds() {
    let mut fixture = Fixture::shell("cat /data/file; echo new > /data/new; touch /data/sub/x");
    let source = fixture.host_directory("source");
    fs::write(source.join("file"), "from the host\n").unwrap();
    fs::create_dir(source.join("sub")).unwrap();
    fixture.mount("bind", &source, "/data", "rbind,rprivate");
    let outcome = fixture.run();
    assert_eq!(
        (outcome.code, outcome.stdout.as_str()),
        (0, "from the host\n"),
        "{outcome:?}"
    );
    assert_eq!(fs::read_to_string(source.join("new")).unwrap(), "new\n");
}

fn binds_of_files_onto_nothing() {
    let mut fixture = Fixture::shell("cat /etc/hosts /a/b/c/file");
    let file = fixture.directory.path().join("hosts");
    fs::write(&file, "127.0.0.1 localhost\n").unwrap();
    fixture.mount("bind", &file, "/etc/hosts", "rbind");
    fixture.mount("bind", &file, "/a/b/c/file", "bind,ro");
    assert_eq!(fixture.run().stdout, "127.0.0.1 localhost\n".repeat(2));
    assert_eq!(
        fs::metadata(fixture.directory.path().join("upper/etc/hosts"))
            .unwrap()
            .len(),
        0
    );
}

fn read_only_binds() {
    let run = |options: &str| {
        let mut fixture = Fixture::shell("touch /data/x; touch /data/sub/x; /data/sub/true");
        let source = fixture.host_directory("source");
        fs::create_dir(source.join("sub")).unwrap();
        let other = fixture.host_directory("other");
        fs::copy("/bin/busybox", other.join("true")).unwrap();
        fixture.mount("bind", &source, "/data", options);
        fixture.mount("bind", &other, "/data/sub", "bind,noexec");
        fixture.run().stderr
    };
    let text = run("rbind,ro");
    assert!(text.contains("/data/x: Read-only file system"), "{text}");
    assert!(!text.contains("/data/sub/x: Read-only"), "{text}");
    assert!(
        text.contains("/data/sub/true: Permission denied"),
        "noexec: {text}"
    );
    assert!(!run("rbind").contains("Read-only"));
}

fn new_volumes_get_the_images_content() {
    let mut fixture =
        Fixture::shell("ls -lan /data; cat /data/sub/file; echo changed > /data/sub/file");
    let image = fixture.lower().join("data");
    fs::create_dir_all(image.join("sub")).unwrap();
    fs::write(image.join("sub/file"), "from the image\n").unwrap();
    symlink("/etc/passwd", image.join("link")).unwrap();
    std::os::unix::fs::chown(&image, Some(1000), Some(1001)).unwrap();
    fs::set_permissions(&image, fs::Permissions::from_mode(0o750)).unwrap();
    let volume = fixture.host_directory("volume");
    fixture.mount("bind", &volume, "/data", "rbind");
    fixture.spec.mounts.last_mut().unwrap().copy_up = true;
    let outcome = fixture.run();
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(outcome.stdout.contains("from the image\n"), "{outcome:?}");
    let metadata = volume.metadata().unwrap();
    assert_eq!(
        (metadata.uid(), metadata.gid(), metadata.mode() & 0o7777),
        (1000, 1001, 0o750)
    );
    assert_eq!(
        fs::read_link(volume.join("link")).unwrap(),
        Path::new("/etc/passwd")
    );
    assert_eq!(
        fs::read_to_string(volume.join("sub/file")).unwrap(),
        "changed\n"
    );
    // The next container finds what is there.
    let mut next = Fixture::shell("cat /data/sub/file");
    next.mount("bind", &volume, "/data", "rbind");
    next.spec.mounts.last_mut().unwrap().copy_up = true;
    assert_eq!(next.run().stdout, "changed\n");
}

fn tmpfs() {
    let mut fixture = Fixture::shell(
        "cat /data/file; ls -ldn /data /fresh; grep ' /data ' /proc/mounts; touch /data/x",
    );
    let image = fixture.lower().join("data");
    fs::create_dir(&image).unwrap();
    fs::write(image.join("file"), "copied up\n").unwrap();
    fs::set_permissions(&image, fs::Permissions::from_mode(0o711)).unwrap();
    fixture.mount(
        "tmpfs",
        Path::new("tmpfs"),
        "/data",
        "noexec,nosuid,nodev,size=1m,tmpcopyup",
    );
    fixture.mount("tmpfs", Path::new("tmpfs"), "/fresh", "mode=1777");
    let text = fixture.run().stdout;
    assert!(text.starts_with("copied up\ndrwx--x--x"), "{text}");
    assert!(
        text.contains("\ndrwxrwxrwt") && text.contains("size=1024k"),
        "{text}"
    );
    assert_eq!(fs::read_dir(&image).unwrap().count(), 1);
}

fn propagation() {
    let run = |options: &str| {
        let mut fixture = Fixture::shell(
            "cat /data/flag; grep ' /data ' /proc/self/mountinfo; mkdir -p /data/in",
        );
        let source = fixture.host_directory("source");
        rustix::mount::mount(
            "tmpfs",
            &source,
            "tmpfs",
            rustix::mount::MountFlags::empty(),
            None,
        )
        .unwrap();
        rustix::mount::mount_change(&source, rustix::mount::MountPropagationFlags::SHARED).unwrap();
        fixture.mount("bind", &source, "/data", options);
        let text = fixture.run().stdout;
        rustix::mount::unmount(&source, rustix::mount::UnmountFlags::DETACH).unwrap();
        text
    };
    assert!(run("rbind,rshared").contains("shared:"));
    assert!(run("rbind,rslave").contains("master:"));
    let unsaid = run("rbind");
    assert!(
        !unsaid.contains("shared:") && unsaid.contains("master:"),
        "{unsaid}"
    );
    let private = run("rbind,rprivate");
    assert!(
        !private.contains("shared:") && !private.contains("master:"),
        "{private}"
    );
}

fn a_root_on_a_shared_mount_shares_nothing() {
    let mut fixture = Fixture::shell("grep shared: /proc/self/mountinfo; exit 0");
    let root = fixture.host_directory("root");
    let none = rustix::mount::MountFlags::empty();
    rustix::mount::mount("tmpfs", &root, "tmpfs", none, None).unwrap();
    rustix::mount::mount_change(&root, rustix::mount::MountPropagationFlags::SHARED).unwrap();
    crate::fixture::make_root(&root);
    fixture.spec.rootfs = RootfsSpec::Directory { path: root.clone() };
    fixture.spec.init = true;
    let outcome = fixture.run();
    rustix::mount::unmount(&root, rustix::mount::UnmountFlags::DETACH).unwrap();
    assert_eq!(
        (outcome.code, outcome.stdout.as_str()),
        (0, ""),
        "{outcome:?}"
    );
}

fn masked_and_read_only_paths() {
    let text = output(
        "wc -c < /proc/keys; ls /proc/acpi /sys/firmware; echo 1 > /proc/sys/kernel/msgmax; \
         touch /sys/firmware/x; echo b > /proc/sysrq-trigger; exit 0",
    );
    assert!(text.starts_with("0\n"), "{text}");
    let mut fixture = Fixture::shell(
        "echo 1 > /proc/sys/kernel/msgmax; touch /sys/firmware/x; ls /hidden; cat /secret",
    );
    fs::create_dir(fixture.lower().join("hidden")).unwrap();
    fs::write(fixture.lower().join("hidden/x"), "").unwrap();
    fs::write(fixture.lower().join("secret"), "secret").unwrap();
    fixture.spec.masked_paths.extend([
        "/hidden".to_owned(),
        "/secret".to_owned(),
        "/none".to_owned(),
    ]);
    let outcome = fixture.run();
    assert_eq!(outcome.stdout, "", "{outcome:?}");
    assert_eq!(
        outcome.stderr.matches("Read-only file system").count(),
        2,
        "{outcome:?}"
    );
}

fn read_only_root() {
    let mut fixture = Fixture::shell("touch /x; touch /dev/shm/x /data/x && echo ok");
    let source = fixture.host_directory("source");
    fixture.mount("bind", &source, "/data", "rbind");
    fixture.spec.readonly_rootfs = true;
    let outcome = fixture.run();
    assert_eq!(outcome.stdout, "ok\n", "{outcome:?}");
    assert!(
        outcome.stderr.contains("/x: Read-only file system"),
        "{outcome:?}"
    );
}

fn directory_root() {
    let mut fixture = Fixture::shell("touch /tmp/made; ls -d /tmp/made");
    crate::fixture::make_root(&fixture.lower());
    fixture.spec.rootfs = RootfsSpec::Directory {
        path: fixture.lower(),
    };
    assert_eq!(fixture.run().stdout, "/tmp/made\n");
    assert!(fixture.lower().join("tmp/made").exists());
}

fn many_layers() {
    let mut fixture = Fixture::shell("cat /top; ls /layers | wc -l");
    let mut layers = Vec::new();
    for number in 0..120 {
        let layer = fixture.host_directory(&format!("a-layer-with-a-rather-long-name-{number}"));
        fs::create_dir(layer.join("layers")).unwrap();
        fs::write(layer.join(format!("layers/{number}")), "").unwrap();
        fs::write(layer.join("top"), format!("{number}\n")).unwrap();
        layers.push(layer);
    }
    let RootfsSpec::Overlay { lower, .. } = &mut fixture.spec.rootfs else {
        panic!()
    };
    layers.append(lower);
    *lower = layers;
    assert_eq!(fixture.run().stdout, "0\n120\n");
}

fn nothing_is_seen_on_the_host() {
    let before = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let fixture = Fixture::shell("sleep 100");
    let running = Running::start(&fixture.spec).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(fs::read_to_string("/proc/self/mountinfo").unwrap(), before);
    running.kill();
}

fn links_in_mount_targets_stay_inside() {
    let outside = tempfile::tempdir().unwrap();
    let mut fixture = Fixture::shell("cat /evil/file /up/file2; ls /");
    let source = fixture.directory.path().join("file");
    fs::write(&source, "bound\n").unwrap();
    symlink(outside.path(), fixture.lower().join("evil")).unwrap();
    symlink("../../../../../../../..", fixture.lower().join("up")).unwrap();
    fixture.mount("bind", &source, "/evil/file", "bind");
    fixture.mount("bind", &source, "/up/file2", "bind");
    fixture.mount("tmpfs", Path::new("tmpfs"), "/evil/tmp", "mode=755");
    let outcome = fixture.run();
    assert!(outcome.stdout.starts_with("bound\nbound\n"), "{outcome:?}");
    assert_eq!(
        fs::read_dir(outside.path()).unwrap().count(),
        0,
        "nothing was made on the host"
    );
}

fn links_at_proc_are_refused() {
    for path in ["proc", "sys"] {
        let fixture = Fixture::new(&["true"]);
        symlink("/etc", fixture.lower().join(path)).unwrap();
        let error = fixture.refused();
        assert!(
            error.message.contains(&format!("rootfs at \"/{path}\"")),
            "{error}"
        );
    }
}

fn a_false_null_device_masks_nothing() {
    let mut fixture = Fixture::new(&["true"]);
    let dev = fixture.host_directory("dev");
    fs::write(dev.join("null"), "not a device").unwrap();
    fixture
        .spec
        .mounts
        .retain(|mount| !mount.destination.starts_with("/dev"));
    fixture.mount("bind", &dev, "/dev", "rbind");
    assert!(fixture.refused().message.starts_with("masking /proc/"));
}
