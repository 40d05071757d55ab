//! The processes of a container: its first, and those that `exec` adds.

use std::path::PathBuf;

use palan_model::run::ProcessSpec;
use palan_model::{ContainerRecord, ExecSpec};

use super::security::Security;
use crate::Result;

const DEFAULT_PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The first process.
pub(super) fn plan_first(
    record: &ContainerRecord,
    security: &Security,
    seccomp: Option<PathBuf>,
) -> Result<ProcessSpec> {
    let config = &record.config;
    Ok(ProcessSpec {
        args: std::iter::once(record.path.clone())
            .chain(record.args.iter().cloned())
            .collect(),
        env: environment(record, config.tty, &[]),
        cwd: or_root(&config.working_dir),
        user: config.user.clone(),
        additional_groups: record.host.group_add.clone(),
        capabilities: security.capabilities.clone(),
        no_new_privileges: security.no_new_privileges,
        seccomp,
        rlimits: record.host.resources.ulimits.clone(),
        tty: config.tty,
        console_size: Some(record.host.console_size).filter(|size| *size != [0, 0]),
    })
}

/// A process that `exec` adds.
pub(in crate::containers) fn plan_exec(
    record: &ContainerRecord,
    exec: &ExecSpec,
    security: &Security,
    seccomp: Option<PathBuf>,
) -> ProcessSpec {
    let own = |text: &str, default: &str| {
        if text.is_empty() {
            default.to_owned()
        } else {
            text.to_owned()
        }
    };
    ProcessSpec {
        args: exec.cmd.clone(),
        env: environment(record, exec.tty, &exec.env),
        cwd: or_root(&own(&exec.working_dir, &record.config.working_dir)),
        user: own(&exec.user, &record.config.user),
        additional_groups: record.host.group_add.clone(),
        capabilities: security.capabilities.clone(),
        no_new_privileges: security.no_new_privileges,
        seccomp,
        rlimits: record.host.resources.ulimits.clone(),
        tty: exec.tty,
        console_size: exec.console_size,
    }
}

fn or_root(path: &str) -> String {
    if path.is_empty() {
        "/".to_owned()
    } else {
        path.to_owned()
    }
}

/// Docker's order: PATH, HOSTNAME, TERM, then the container's own; a later value replaces an earlier
/// one in its place.
fn environment(record: &ContainerRecord, tty: bool, more: &[String]) -> Vec<String> {
    let mut env = vec![
        DEFAULT_PATH.to_owned(),
        format!("HOSTNAME={}", record.config.hostname),
    ];
    if tty {
        env.push("TERM=xterm".to_owned());
    }
    for entry in record.config.env.iter().chain(more) {
        let name = entry.split('=').next().unwrap_or_default();
        let same = |other: &String| other.split('=').next() == Some(name);
        let known = env.iter().position(same);
        match (known, entry.contains('=')) {
            (Some(index), true) => env[index].clone_from(entry),
            (None, true) => env.push(entry.clone()),
            // `-e NAME` without a value takes the variable away.
            (Some(index), false) => {
                env.remove(index);
            }
            (None, false) => {}
        }
    }
    env
}
