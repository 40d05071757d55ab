//! What does not start, with Docker's words and codes, and leaves nothing.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use palan_model::ErrorKind;

use crate::Test;
use crate::fixture::Fixture;

pub const TESTS: &[Test] = &[
    ("programs_that_are_not_there", programs_that_are_not_there),
    ("programs_the_kernel_refuses", programs_the_kernel_refuses),
    ("users_that_are_not_there", users_that_are_not_there),
    ("bad_working_directories", bad_working_directories),
    ("bad_mounts", bad_mounts),
    ("bad_roots", bad_roots),
    ("bad_limits", bad_limits),
];

fn refused(args: &[&str]) -> (i32, String) {
    let error = Fixture::new(args).refused();
    assert_eq!(error.kind, ErrorKind::InvalidParameter);
    (error.exit_code, error.message)
}

fn programs_that_are_not_there() {
    let text = |code, text: &str| (code, text.to_owned());
    assert_eq!(
        refused(&["nope"]),
        text(127, "exec: \"nope\": executable file not found in $PATH")
    );
    assert_eq!(
        refused(&["/no/such"]),
        text(
            127,
            "exec: \"/no/such\": stat /no/such: no such file or directory"
        )
    );
    assert_eq!(
        refused(&["/etc"]),
        text(126, "exec: \"/etc\": permission denied")
    );
    assert_eq!(
        refused(&["/etc/passwd"]),
        text(126, "exec: \"/etc/passwd\": permission denied")
    );
    assert_eq!(refused(&[]).1, "no command specified");
}

fn programs_the_kernel_refuses() {
    for (content, words) in [
        (
            "#!/no/interpreter\n",
            "exec /bin/bad: no such file or directory\n",
        ),
        ("\u{1}\u{2}garbage", "exec /bin/bad: exec format error\n"),
    ] {
        let fixture = Fixture::new(&["bad"]);
        let path = fixture.lower().join("bin/bad");
        fs::create_dir(fixture.lower().join("bin")).unwrap();
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let outcome = fixture.run();
        assert_eq!(
            (outcome.code, outcome.stderr.to_lowercase()),
            (255, words.to_owned())
        );
    }
}

fn users_that_are_not_there() {
    for (user, words) in [
        (
            "nouser",
            "unable to find user nouser: no matching entries in passwd file",
        ),
        (
            "root:nogroupx",
            "unable to find group nogroupx: no matching entries in group file",
        ),
    ] {
        let mut fixture = Fixture::new(&["true"]);
        fixture.spec.process.user = user.to_owned();
        let error = fixture.refused();
        assert_eq!((error.exit_code, error.kind), (125, ErrorKind::System));
        assert_eq!(error.message, words);
    }
}

fn bad_working_directories() {
    let mut fixture = Fixture::new(&["true"]);
    fixture.spec.process.cwd = "/etc/passwd".to_owned();
    let error = fixture.refused();
    assert_eq!(
        error.message,
        "Cannot mkdir: /etc/passwd is not a directory"
    );
}

fn bad_mounts() {
    let mut fixture = Fixture::new(&["true"]);
    fixture.mount("bind", Path::new("/no/such/source"), "/mnt", "rbind");
    let error = fixture.refused();
    assert_eq!(error.exit_code, 127);
    assert_eq!(
        error.message,
        "error mounting \"/no/such/source\" to rootfs at \"/mnt\": no such file or directory"
    );
    let mut fixture = Fixture::new(&["true"]);
    let source = fixture.host_directory("source");
    fixture.mount("bind", &source, "/etc/passwd", "rbind");
    let error = fixture.refused();
    assert!(
        error
            .message
            .contains("Are you trying to mount a directory onto a file"),
        "{error}"
    );
    let mut fixture = Fixture::new(&["true"]);
    fixture.mount("tmpfs", Path::new("tmpfs"), "/mnt", "size=nonsense");
    assert!(
        fixture
            .refused()
            .message
            .contains("at \"/mnt\": invalid argument")
    );
}

fn bad_roots() {
    let mut fixture = Fixture::new(&["true"]);
    fixture.spec.rootfs = palan_model::RootfsSpec::Directory {
        path: "/no/such/root".into(),
    };
    assert_eq!(
        fixture.refused().message,
        "opening root /no/such/root: no such file or directory"
    );
    let fixture = Fixture::new(&["true"]);
    fs::remove_dir(fixture.directory.path().join("work")).unwrap();
    assert!(
        fixture
            .refused()
            .message
            .starts_with("mounting an overlay of 2 layers and ")
    );
}

fn bad_limits() {
    let mut fixture = Fixture::new(&["true"]);
    fixture.spec.resources.cpuset_cpus = "4000".to_owned();
    let error = fixture.refused();
    assert!(error.message.contains("cpuset.cpus: "), "{error}");
    let mut fixture = Fixture::new(&["true"]);
    fixture.spec.process.seccomp = Some("/no/such/filter".into());
    assert!(
        fixture
            .refused()
            .message
            .starts_with("reading the seccomp filter /no/such/filter: ")
    );
}
