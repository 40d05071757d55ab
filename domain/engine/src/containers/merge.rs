//! What a container takes over from its image (Docker's merge rules).

use palan_model::ContainerConfig;

/// Fills what the client left open with the image's defaults. Lists of names are joined, with the
/// client's values winning; the image's command goes when the client gave an entrypoint.
pub(super) fn merge(config: &mut ContainerConfig, image: &ContainerConfig) {
    if config.user.is_empty() {
        config.user.clone_from(&image.user);
    }
    config
        .exposed_ports
        .extend(image.exposed_ports.iter().copied());
    config.env = merge_env(&config.env, &image.env);
    for (key, value) in &image.labels {
        config
            .labels
            .entry(key.clone())
            .or_insert_with(|| value.clone());
    }
    merge_command(config, image);
    if config.working_dir.is_empty() {
        config.working_dir.clone_from(&image.working_dir);
    }
    config.volumes.extend(image.volumes.iter().cloned());
    if config.stop_signal.as_deref().is_none_or(str::is_empty) {
        config.stop_signal.clone_from(&image.stop_signal);
    }
    if config.stop_timeout.is_none() {
        config.stop_timeout = image.stop_timeout;
    }
    if config.shell.is_none() {
        config.shell.clone_from(&image.shell);
    }
    merge_healthcheck(config, image);
}

fn merge_command(config: &mut ContainerConfig, image: &ContainerConfig) {
    let entrypoint = config.entrypoint.as_deref();
    if entrypoint.is_none_or(<[String]>::is_empty) {
        if config.cmd.as_ref().is_none_or(Vec::is_empty) {
            config.cmd.clone_from(&image.cmd);
        }
        if config.entrypoint.is_none() {
            config.entrypoint.clone_from(&image.entrypoint);
        }
    } else if entrypoint == Some(&[String::new()]) {
        // `--entrypoint ""` takes the image's entrypoint away.
        config.entrypoint = None;
    }
}

fn merge_healthcheck(config: &mut ContainerConfig, image: &ContainerConfig) {
    let Some(inherited) = &image.healthcheck else {
        return;
    };
    let Some(own) = &mut config.healthcheck else {
        config.healthcheck = Some(inherited.clone());
        return;
    };
    if own.test.is_empty() {
        own.test.clone_from(&inherited.test);
    }
    for (own, inherited) in [
        (&mut own.interval, inherited.interval),
        (&mut own.timeout, inherited.timeout),
        (&mut own.start_period, inherited.start_period),
        (&mut own.start_interval, inherited.start_interval),
        (&mut own.retries, inherited.retries),
    ] {
        if *own == 0 {
            *own = inherited;
        }
    }
}

/// The client's variables, then the image's that the client does not set.
fn merge_env(own: &[String], image: &[String]) -> Vec<String> {
    let name = |entry: &str| entry.split('=').next().unwrap_or_default().to_owned();
    let missing = image
        .iter()
        .filter(|entry| !own.iter().any(|mine| name(mine) == name(entry)));
    own.iter().chain(missing).cloned().collect()
}
