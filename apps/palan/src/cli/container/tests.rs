use palan_docker_api::container::ContainerCreateRequest;

use super::options::{ContainerFlags, CreateFlags};
use super::plan::plan_request;
use crate::cli::args::{FlagSet, Verb};

/// Reads a command line as `create` does.
fn plan(line: &str) -> Result<ContainerCreateRequest, String> {
    let mut flags = <(CreateFlags, ContainerFlags)>::default();
    let mut operands = Vec::new();
    for word in line.split(' ') {
        match word.strip_prefix("--") {
            Some(name) if operands.is_empty() => {
                let (name, value) = name.split_once('=').unwrap_or((name, "true"));
                flags
                    .set(name, value)
                    .unwrap_or_else(|| panic!("no flag {name}"))?;
            }
            _ => operands.push(word.to_owned()),
        }
    }
    plan_request(&flags.1, &operands[0], &operands[1..])
}

#[test]
fn nothing_given_asks_for_dockers_defaults() {
    let request = plan("busybox").unwrap();
    let config = &request.config;
    assert!(config.attach_stdout && config.attach_stderr && !config.attach_stdin);
    assert_eq!(config.cmd, None);
    assert_eq!(config.entrypoint, None);
    assert_eq!(config.env, None);
    let host = request.host_config.unwrap();
    assert_eq!(host.network_mode, "default");
    assert_eq!(host.memory_swappiness, Some(-1));
    assert_eq!(host.restart_policy.name, "no");
    assert_eq!(host.init, None);
    assert_eq!(host.masked_paths, None);
}

#[test]
fn input_and_streams() {
    let request = plan("--interactive busybox").unwrap();
    assert!(request.config.attach_stdin && request.config.stdin_once);
    let request = plan("--attach=STDERR busybox").unwrap();
    assert!(request.config.attach_stderr && !request.config.attach_stdout);
    let request = plan("--attach=stdin busybox").unwrap();
    assert!(request.config.attach_stdin && !request.config.stdin_once);
}

#[test]
fn an_empty_entrypoint_takes_the_images_away() {
    let request = plan("--entrypoint= busybox a").unwrap();
    assert_eq!(request.config.entrypoint.unwrap(), [""]);
    assert_eq!(request.config.cmd.unwrap(), ["a"]);
}

#[test]
fn capabilities_get_their_full_names() {
    let request = plan("--cap-add=net_admin --cap-add=ALL --cap-drop=CAP_CHOWN busybox").unwrap();
    let host = request.host_config.unwrap();
    assert_eq!(host.cap_add.unwrap(), ["ALL", "CAP_NET_ADMIN"]);
    assert_eq!(host.cap_drop.unwrap(), ["CAP_CHOWN"]);
}

#[test]
fn unconfined_paths_empty_the_lists() {
    let request = plan("--security-opt=systempaths=unconfined busybox").unwrap();
    let host = request.host_config.unwrap();
    assert_eq!(host.masked_paths, Some(vec![]));
    assert_eq!(host.readonly_paths, Some(vec![]));
    assert_eq!(host.security_opt, None);
}

#[test]
fn contradictions_are_told_in_dockers_words() {
    for (line, why) in [
        (
            "--rm --restart=always busybox",
            "conflicting options: cannot specify both --restart and --rm",
        ),
        (
            "--memory-swappiness=200 busybox",
            "invalid value: 200. Valid memory swappiness range is 0-100",
        ),
        ("--pid=nope busybox", "--pid: invalid PID mode"),
        ("--mac-address=zz busybox", "zz is not a valid mac address"),
        (
            "--log-driver=none --log-opt=a=b busybox",
            "invalid logging opts for driver none",
        ),
        ("--storage-opt=x busybox", "invalid storage option"),
    ] {
        assert_eq!(plan(line).unwrap_err(), why, "{line}");
    }
}

#[test]
fn each_flag_is_known_to_its_set_and_named_once() {
    let table = <super::Run as Verb>::Flags::flags();
    let mut names: Vec<&str> = table.iter().map(|flag| flag.name).collect();
    let mut letters: Vec<char> = table.iter().filter_map(|flag| flag.short).collect();
    let (count, letter_count) = (names.len(), letters.len());
    names.sort_unstable();
    names.dedup();
    letters.sort_unstable();
    letters.dedup();
    assert_eq!((names.len(), letters.len()), (count, letter_count));
    let mut set = <super::Run as Verb>::Flags::default();
    for name in names {
        assert!(set.set(name, "\u{0}").is_some(), "{name}");
    }
}
