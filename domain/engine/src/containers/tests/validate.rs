//! Requests that cannot be carried out.

use palan_model::host::RestartMode;
use palan_model::{ContainerConfig, HostConfig};

use super::super::validate::validate;
use super::texts;

fn check(change: impl FnOnce(&mut ContainerConfig, &mut HostConfig)) -> String {
    let mut config = ContainerConfig {
        image: "busybox".to_owned(),
        ..ContainerConfig::default()
    };
    let mut host = HostConfig::default();
    change(&mut config, &mut host);
    match validate(&config, &host, 2, 1) {
        Ok(()) => String::new(),
        Err(error) => error.to_string(),
    }
}

type Change = fn(&mut ContainerConfig, &mut HostConfig);

#[test]
fn refusals_have_dockers_words() {
    let rows: [(Change, &str); 27] = [
        (|_, _| (), ""),
        (|c, _| c.image.clear(), "No command specified"),
        (
            |c, _| c.working_dir = "rel".to_owned(),
            "the working directory 'rel' is invalid, it needs to be an absolute path",
        ),
        (
            |c, _| c.env = texts(&["=x"]),
            "invalid environment variable: =x",
        ),
        (
            |c, _| c.env = texts(&[""]),
            "invalid environment variable: ",
        ),
        (|c, _| c.env = texts(&["A", "B="]), ""),
        (
            |c, _| c.stop_signal = Some("FOO".to_owned()),
            "Invalid signal: FOO",
        ),
        (|c, _| c.stop_signal = Some(String::new()), ""),
        (
            |c, _| c.healthcheck.get_or_insert_default().timeout = 999_999,
            "Timeout in Healthcheck cannot be less than 1ms",
        ),
        (
            |c, _| c.healthcheck.get_or_insert_default().retries = -1,
            "Retries in Healthcheck cannot be negative",
        ),
        (
            |_, h| h.resources.memory = 1000,
            "Minimum memory limit allowed is 6MB",
        ),
        (
            |_, h| h.resources.memory_reservation = 100,
            "Minimum memory reservation allowed is 6MB",
        ),
        (
            |_, h| h.resources.memory_swap = 64 << 20,
            "You should always set the Memory limit when using Memoryswap limit, see usage",
        ),
        (
            |_, h| {
                h.resources.memory = 64 << 20;
                h.resources.memory_swap = 60_000_000;
            },
            "Minimum memoryswap limit should be larger than memory limit, see usage",
        ),
        (
            |_, h| {
                h.resources.memory = 64 << 20;
                h.resources.memory_swap = -1;
            },
            "",
        ),
        (
            |_, h| h.resources.memory_swappiness = Some(200),
            "Invalid value: 200, valid memory swappiness range is 0-100",
        ),
        (|_, h| h.resources.memory_swappiness = Some(-1), ""),
        (
            |_, h| h.resources.nano_cpus = 900_000_000_000,
            "Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available",
        ),
        (
            |_, h| h.resources.cpu_period = 1,
            "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)",
        ),
        (
            |_, h| h.resources.cpu_quota = 1,
            "CPU cfs quota can not be less than 1ms (i.e. 1000)",
        ),
        (|_, h| h.shm_size = -1, "SHM size can not be less than 0"),
        (
            |_, h| h.oom_score_adj = 2000,
            "Invalid value 2000, range for oom score adj is [-1000, 1000]",
        ),
        (
            |_, h| {
                h.auto_remove = true;
                h.restart_policy.mode = RestartMode::Always;
            },
            "can't create 'AutoRemove' container with restart policy",
        ),
        (
            |_, h| h.runtime = "zz".to_owned(),
            "Unknown runtime specified zz",
        ),
        (
            |_, h| h.network_mode = "container:".to_owned(),
            "Invalid network mode: invalid container format container:<name|id>",
        ),
        (
            |_, h| h.log.driver = "zz".to_owned(),
            "error looking up logging plugin zz: plugin \"zz\" not found",
        ),
        (
            |_, h| h.cap_add = texts(&["FOO"]),
            "invalid CapAdd: unknown capability: \"CAP_FOO\"",
        ),
    ];
    for (change, message) in rows {
        assert_eq!(check(change), message);
    }
}
