//! What a container takes over from its image.

use palan_model::ContainerConfig;
use palan_model::container::Healthcheck;

use super::super::merge::merge;
use super::texts;

fn command(entrypoint: Option<&[&str]>, cmd: Option<&[&str]>) -> ContainerConfig {
    ContainerConfig {
        entrypoint: entrypoint.map(texts),
        cmd: cmd.map(texts),
        ..ContainerConfig::default()
    }
}

type Words = Option<&'static [&'static str]>;

#[test]
fn the_command_follows_dockers_rules() {
    let image = command(Some(&["init"]), Some(&["serve"]));
    let rows: [(Words, Words, Words, Words); 7] = [
        (None, None, Some(&["init"]), Some(&["serve"])),
        (None, Some(&["sh"]), Some(&["init"]), Some(&["sh"])),
        (None, Some(&[]), Some(&["init"]), Some(&["serve"])),
        (Some(&["own"]), None, Some(&["own"]), None),
        (Some(&["own"]), Some(&["a"]), Some(&["own"]), Some(&["a"])),
        // An empty list keeps the image's entrypoint away, and takes its command.
        (Some(&[]), None, Some(&[]), Some(&["serve"])),
        // `--entrypoint ""` takes both away.
        (Some(&[""]), None, None, None),
    ];
    for (entrypoint, cmd, merged_entrypoint, merged_cmd) in rows {
        let mut own = command(entrypoint, cmd);
        merge(&mut own, &image);
        assert_eq!(
            own.entrypoint,
            merged_entrypoint.map(texts),
            "{entrypoint:?} {cmd:?}"
        );
        assert_eq!(own.cmd, merged_cmd.map(texts), "{entrypoint:?} {cmd:?}");
    }
}

#[test]
fn lists_are_joined_and_the_client_wins() {
    let image = ContainerConfig {
        env: texts(&["PATH=/bin", "A=image", "EMPTY="]),
        labels: [("a", "image"), ("b", "image")]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .into(),
        exposed_ports: ["80/tcp".parse().unwrap()].into(),
        volumes: ["/data".to_owned()].into(),
        user: "app".to_owned(),
        working_dir: "/srv".to_owned(),
        stop_signal: Some("SIGQUIT".to_owned()),
        ..ContainerConfig::default()
    };
    let mut own = ContainerConfig {
        env: texts(&["A=mine", "NEW=1"]),
        labels: [("a".to_owned(), "mine".to_owned())].into(),
        exposed_ports: ["53/udp".parse().unwrap()].into(),
        volumes: ["/own".to_owned()].into(),
        user: "root".to_owned(),
        stop_signal: Some(String::new()),
        ..ContainerConfig::default()
    };
    merge(&mut own, &image);
    assert_eq!(own.env, texts(&["A=mine", "NEW=1", "PATH=/bin", "EMPTY="]));
    assert_eq!(own.labels["a"], "mine");
    assert_eq!(own.labels["b"], "image");
    assert_eq!(own.exposed_ports.len(), 2);
    assert_eq!(own.volumes.len(), 2);
    assert_eq!(own.user, "root");
    assert_eq!(own.working_dir, "/srv");
    assert_eq!(own.stop_signal.as_deref(), Some("SIGQUIT"));
}

#[test]
fn a_health_check_is_filled_field_by_field() {
    let image = ContainerConfig {
        healthcheck: Some(Healthcheck {
            test: texts(&["CMD", "true"]),
            interval: 5,
            retries: 3,
            ..Healthcheck::default()
        }),
        ..ContainerConfig::default()
    };
    let mut own = ContainerConfig::default();
    merge(&mut own, &image);
    assert_eq!(own.healthcheck, image.healthcheck);
    let mut own = ContainerConfig {
        healthcheck: Some(Healthcheck {
            test: texts(&["NONE"]),
            interval: 7,
            ..Healthcheck::default()
        }),
        ..ContainerConfig::default()
    };
    merge(&mut own, &image);
    let merged = own.healthcheck.unwrap();
    assert_eq!(merged.test, ["NONE"]);
    assert_eq!((merged.interval, merged.retries), (7, 3));
}
