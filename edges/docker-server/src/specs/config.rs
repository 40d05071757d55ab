//! The portable half of a container's configuration.

use std::collections::BTreeSet;

use palan_docker_api::container::{ContainerConfig, HealthConfig};
use palan_model::container::Healthcheck;

use super::port;
use crate::failure::Failure;

/// Reads a configuration.
pub(super) fn from_wire(config: ContainerConfig) -> Result<palan_model::ContainerConfig, Failure> {
    let mut exposed_ports = BTreeSet::new();
    for text in config.exposed_ports.keys() {
        exposed_ports.extend(port::range(text)?);
    }
    Ok(palan_model::ContainerConfig {
        hostname: config.hostname,
        domainname: config.domainname,
        user: config.user,
        attach_stdin: config.attach_stdin,
        attach_stdout: config.attach_stdout,
        attach_stderr: config.attach_stderr,
        exposed_ports,
        tty: config.tty,
        open_stdin: config.open_stdin,
        stdin_once: config.stdin_once,
        env: config.env.unwrap_or_default(),
        cmd: config.cmd,
        entrypoint: config.entrypoint,
        healthcheck: config.healthcheck.map(healthcheck),
        image: config.image,
        volumes: config.volumes.unwrap_or_default().into_keys().collect(),
        working_dir: config.working_dir,
        network_disabled: config.network_disabled,
        mac_address: config.mac_address,
        on_build: config.on_build,
        labels: config.labels.unwrap_or_default(),
        stop_signal: Some(config.stop_signal).filter(|signal| !signal.is_empty()),
        stop_timeout: config.stop_timeout,
        shell: config.shell,
    })
}

fn healthcheck(check: HealthConfig) -> Healthcheck {
    Healthcheck {
        test: check.test,
        interval: check.interval,
        timeout: check.timeout,
        start_period: check.start_period,
        start_interval: check.start_interval,
        retries: check.retries,
    }
}
