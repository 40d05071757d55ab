//! The portable half of a container's configuration.

use palan_docker_api::Empty;
use palan_docker_api::container::{ContainerConfig, HealthConfig};
use palan_model::container::Healthcheck;

/// Writes a configuration.
pub(super) fn to_wire(config: &palan_model::ContainerConfig) -> ContainerConfig {
    let volumes = config.volumes.iter().map(|path| (path.clone(), Empty {}));
    ContainerConfig {
        hostname: config.hostname.clone(),
        domainname: config.domainname.clone(),
        user: config.user.clone(),
        attach_stdin: config.attach_stdin,
        attach_stdout: config.attach_stdout,
        attach_stderr: config.attach_stderr,
        exposed_ports: config
            .exposed_ports
            .iter()
            .map(|port| (port.to_string(), Empty {}))
            .collect(),
        tty: config.tty,
        open_stdin: config.open_stdin,
        stdin_once: config.stdin_once,
        env: Some(config.env.clone()),
        cmd: config.cmd.clone(),
        healthcheck: config.healthcheck.as_ref().map(healthcheck),
        args_escaped: false,
        image: config.image.clone(),
        volumes: (!config.volumes.is_empty()).then(|| volumes.collect()),
        working_dir: config.working_dir.clone(),
        entrypoint: config.entrypoint.clone(),
        network_disabled: config.network_disabled,
        mac_address: config.mac_address.clone(),
        on_build: config.on_build.clone(),
        labels: Some(config.labels.clone()),
        stop_signal: config.stop_signal.clone().unwrap_or_default(),
        stop_timeout: config.stop_timeout,
        shell: config.shell.clone(),
    }
}

/// Writes a health check.
pub(super) fn healthcheck(check: &Healthcheck) -> HealthConfig {
    HealthConfig {
        test: check.test.clone(),
        interval: check.interval,
        timeout: check.timeout,
        start_period: check.start_period,
        start_interval: check.start_interval,
        retries: check.retries,
    }
}
