//! Which mounts were asked for.

use palan_model::mount::{MountKind, MountSource, MountSpec, Propagation};
use palan_model::{ContainerConfig, HostConfig};

use super::super::mounts::{WantedMount, clean, inherited_read_only, plan_mounts};
use super::texts;

fn binds(binds: &[&str]) -> Result<Vec<WantedMount>, String> {
    let host = HostConfig {
        binds: texts(binds),
        ..HostConfig::default()
    };
    plan_mounts(&ContainerConfig::default(), &host, vec![]).map_err(|error| error.to_string())
}

fn bind(text: &str) -> WantedMount {
    binds(&[text]).unwrap().remove(0)
}

#[test]
fn paths_are_cleaned_as_go_does() {
    for (path, cleaned) in [
        ("/", "/"),
        ("/a/", "/a"),
        ("//a//b", "/a/b"),
        ("/a/./b/../c", "/a/c"),
        ("/../a", "/a"),
        ("a/b/", "a/b"),
    ] {
        assert_eq!(clean(path), cleaned);
    }
}

#[test]
fn a_bind_has_source_destination_and_options() {
    let mount = bind("/src/:/dst/:ro,z,rslave");
    assert!(mount.create_source);
    assert_eq!(mount.point.kind, MountKind::Bind);
    assert_eq!(mount.point.source.to_str(), Some("/src"));
    assert_eq!(mount.point.destination, "/dst");
    assert_eq!(mount.point.mode, "ro,z,rslave");
    assert!(!mount.point.rw && !mount.point.copy_up);
    assert_eq!(mount.point.propagation, Some(Propagation::Rslave));
    assert_eq!(
        bind("/src:/dst").point.propagation,
        Some(Propagation::Rprivate)
    );
}

#[test]
fn a_volume_has_a_name_or_none() {
    let named = bind("data:/x").point;
    assert_eq!(named.kind, MountKind::Volume);
    assert_eq!(named.name.as_deref(), Some("data"));
    assert_eq!(named.mode, "z");
    assert!(named.copy_up && named.rw && !named.anonymous);
    assert!(!bind("data:/x:nocopy").point.copy_up);
    let anonymous = bind("/x").point;
    assert!(anonymous.anonymous && anonymous.name.is_none());
}

#[test]
fn what_is_no_mount_is_refused_in_dockers_words() {
    let wrong =
        |text: &str, reason: &str| format!("invalid volume specification: '{text}'{reason}");
    for (text, message) in [
        ("aa:ro", wrong("aa:ro", "")),
        ("a:b:c:d", wrong("a:b:c:d", "")),
        (":/x", wrong(":/x", "")),
        ("", wrong("", "")),
        ("aa:/x:ro,rw", "invalid mode: ro,rw".to_owned()),
        ("aa:/x:z,Z", "invalid mode: z,Z".to_owned()),
        ("/tmp:/x:foo", "invalid mode: foo".to_owned()),
        (
            "aa:/x:rshared",
            wrong(
                "aa:/x:rshared",
                ": invalid mount config for type \"volume\": field BindOptions must not be specified",
            ),
        ),
        (
            "/tmp:/x:nocopy",
            wrong(
                "/tmp:/x:nocopy",
                ": invalid mount config for type \"bind\": field VolumeOptions must not be specified",
            ),
        ),
        (
            "aa:x",
            wrong(
                "aa:x",
                ": invalid mount config for type \"volume\": invalid mount path: 'x' mount path \
                 must be absolute",
            ),
        ),
        (
            "/:/",
            wrong(
                "/:/",
                ": invalid mount config for type \"bind\": invalid specification: destination \
                 can't be '/'",
            ),
        ),
    ] {
        assert_eq!(binds(&[text]).unwrap_err(), message);
    }
    assert_eq!(
        binds(&["/tmp:/x", "aa:/x/"]).unwrap_err(),
        "Duplicate mount point: /x"
    );
}

#[test]
fn the_client_wins_over_others_and_those_over_the_image() {
    let config = ContainerConfig {
        volumes: ["/a", "/b", "/c", "/d"].map(str::to_owned).into(),
        ..ContainerConfig::default()
    };
    let inherited = ["/b", "/c"].map(|path| bind(&format!("other:{path}")).point);
    let host = HostConfig {
        binds: texts(&["mine:/c"]),
        tmpfs: [("/d".to_owned(), String::new())].into(),
        ..HostConfig::default()
    };
    let planned = plan_mounts(&config, &host, inherited.into()).unwrap();
    let planned: Vec<_> = planned
        .iter()
        .map(|mount| {
            (
                mount.point.destination.as_str(),
                mount.point.name.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        planned,
        [("/a", None), ("/b", Some("other")), ("/c", Some("mine"))]
    );
    let host = HostConfig {
        binds: texts(&["/tmp:/d"]),
        ..host
    };
    let error = plan_mounts(&config, &host, vec![]).unwrap_err();
    assert_eq!(error.to_string(), "Duplicate mount point: /d");
}

#[test]
fn a_mount_says_each_thing_by_name() {
    let plan = |target: &str, source| {
        let mount = MountSpec {
            target: target.to_owned(),
            source,
            read_only: true,
        };
        let host = HostConfig {
            mounts: vec![mount],
            ..HostConfig::default()
        };
        plan_mounts(&ContainerConfig::default(), &host, vec![]).map_err(|e| e.to_string())
    };
    let bind = |path: &str| MountSource::Bind {
        path: path.into(),
        propagation: Propagation::Rshared,
        non_recursive: true,
        create_host_path: false,
    };
    let planned = &plan("/x", bind("/src")).unwrap()[0];
    assert!(!planned.create_source && !planned.point.rw && !planned.point.recursive);
    assert_eq!(
        plan("/x", bind("src")).unwrap_err(),
        "invalid mount config for type \"bind\": invalid mount path: 'src' mount path must be \
         absolute"
    );
    let tmpfs = MountSource::Tmpfs {
        size: None,
        mode: None,
    };
    assert_eq!(
        plan("/", tmpfs).unwrap_err(),
        "invalid mount config for type \"tmpfs\": invalid specification: destination can't be '/'"
    );
}

#[test]
fn volumes_from_takes_access_only() {
    assert!(!inherited_read_only("").unwrap());
    assert!(!inherited_read_only("rw,z").unwrap());
    assert!(inherited_read_only("ro").unwrap());
    for mode in ["nocopy", "rshared", "x", "ro,"] {
        let error = inherited_read_only(mode).unwrap_err().to_string();
        assert_eq!(error, format!("invalid mode: {mode}"));
    }
}
