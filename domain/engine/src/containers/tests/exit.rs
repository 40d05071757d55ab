//! Restart policies and their back-off.

use std::time::Duration;

use palan_model::HostConfig;
use palan_model::host::{RestartMode, RestartPolicy};

use super::super::actor::FIRST_BACKOFF;
use super::super::exit::{next_backoff, wants_restart};
use super::super::start::STABLE_RUN;

fn policy(mode: RestartMode, maximum_retry_count: u32) -> HostConfig {
    HostConfig {
        restart_policy: RestartPolicy {
            mode,
            maximum_retry_count,
        },
        ..HostConfig::default()
    }
}

#[test]
fn policies_are_dockers() {
    use RestartMode::{Always, No, OnFailure, UnlessStopped};
    for (mode, limit, code, restarts, wants) in [
        (No, 0, 1, 0, false),
        (Always, 0, 0, 100, true),
        (UnlessStopped, 0, 0, 100, true),
        (OnFailure, 0, 0, 0, false),
        (OnFailure, 0, 1, 100, true),
        (OnFailure, 3, 1, 2, true),
        (OnFailure, 3, 1, 3, false),
        (OnFailure, 3, 137, 0, true),
    ] {
        let host = policy(mode, limit);
        assert_eq!(
            wants_restart(&host, code, false, restarts),
            wants,
            "{mode:?}"
        );
        assert!(
            !wants_restart(&host, code, true, restarts),
            "a client stopped it"
        );
    }
}

#[test]
fn the_wait_doubles_up_to_a_minute_and_a_long_run_resets_it() {
    let mut backoff = FIRST_BACKOFF;
    let mut waits = vec![];
    for _ in 0..12 {
        backoff = next_backoff(backoff, Duration::from_secs(1));
        waits.push(backoff.as_millis());
    }
    assert_eq!(waits[..4], [200, 400, 800, 1600]);
    assert_eq!(waits[11], 60_000);
    assert_eq!(next_backoff(backoff, STABLE_RUN), FIRST_BACKOFF);
}
