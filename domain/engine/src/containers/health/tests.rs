//! Plans, verdicts and texts of health checks.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use palan_model::container::Healthcheck;
use palan_model::{ContainerConfig, Timestamp};
use proptest::prelude::*;

use super::output::{LONGEST, exceeded, go_duration, read_output};
use super::plan::{Check, plan_check};
use super::status::{Health, HealthStatus, ProbeResult};

const SECOND: Duration = Duration::from_secs(1);

fn plan(test: &[&str], shell: Option<&[&str]>) -> Option<Check> {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    plan_check(&ContainerConfig {
        healthcheck: Some(Healthcheck {
            test: texts(test),
            ..Healthcheck::default()
        }),
        shell: shell.map(texts),
        ..ContainerConfig::default()
    })
}

fn check(retries: i64, start_period: Duration) -> Check {
    Check {
        retries,
        start_period,
        ..plan(&["CMD", "true"], None).unwrap()
    }
}

fn time(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

fn result(start: i64, exit_code: i32) -> ProbeResult {
    ProbeResult {
        start: time(start),
        end: time(start),
        exit_code,
        output: String::new(),
    }
}

/// The health after probes that begin one second apart, the first a second after the start at 0.
fn after(check: &Check, codes: &[i32]) -> Health {
    let mut health = Health::begin(None);
    for (start, code) in (1..).zip(codes) {
        health.take(check, Some(time(0)), result(start, *code));
    }
    health
}

#[test]
fn a_check_has_dockers_defaults() {
    let check = plan(&["CMD", "test", "-e", "/up"], None).unwrap();
    assert_eq!(check.command, ["test", "-e", "/up"]);
    assert_eq!(check.interval, 30 * SECOND);
    assert_eq!(check.start_interval, 30 * SECOND);
    assert_eq!(check.timeout, 30 * SECOND);
    assert_eq!(check.start_period, Duration::ZERO);
    assert_eq!(check.retries, 3);
}

#[test]
fn a_shell_runs_the_shell_form() {
    let command = |shell| plan(&["CMD-SHELL", "exit 1"], shell).unwrap().command;
    assert_eq!(command(None), ["/bin/sh", "-c", "exit 1"]);
    assert_eq!(command(Some(&[])), ["/bin/sh", "-c", "exit 1"]);
    assert_eq!(command(Some(&["ash", "-ec"])), ["ash", "-ec", "exit 1"]);
}

#[test]
fn no_test_is_no_check() {
    assert_eq!(plan_check(&ContainerConfig::default()), None);
    for test in [&[][..], &["NONE"], &["UNKNOWN", "true"]] {
        assert_eq!(plan(test, None), None, "{test:?}");
    }
}

#[test]
fn the_start_interval_holds_in_the_start_period() {
    let mut check = check(3, 10 * SECOND);
    check.start_interval = SECOND;
    assert_eq!(check.pause(true, 9 * SECOND), SECOND);
    assert_eq!(check.pause(true, 10 * SECOND), 30 * SECOND);
    assert_eq!(check.pause(false, 9 * SECOND), 30 * SECOND);
}

#[test]
fn failures_in_a_row_make_unhealthy() {
    let check = check(2, Duration::ZERO);
    for (codes, status, streak) in [
        (&[][..], HealthStatus::Starting, 0),
        (&[1], HealthStatus::Starting, 1),
        (&[1, -1], HealthStatus::Unhealthy, 2),
        (&[0], HealthStatus::Healthy, 0),
        (&[0, 1], HealthStatus::Healthy, 1),
        (&[0, 1, 0, 1], HealthStatus::Healthy, 1),
        (&[0, 1, 2, 3], HealthStatus::Unhealthy, 3),
        (&[1, 1, 0], HealthStatus::Healthy, 0),
    ] {
        let health = after(&check, codes);
        assert_eq!(
            (health.status, health.failing_streak),
            (status, streak),
            "{codes:?}"
        );
    }
}

#[test]
fn failures_in_the_start_period_do_not_count_until_the_first_success() {
    let check = check(2, 4 * SECOND);
    for (codes, status, streak) in [
        (&[1, 1, 1][..], HealthStatus::Starting, 0),
        (&[1, 1, 1, 1], HealthStatus::Starting, 1),
        (&[1, 1, 1, 1, 1], HealthStatus::Unhealthy, 2),
        (&[0, 1, 1], HealthStatus::Unhealthy, 2),
    ] {
        let health = after(&check, codes);
        assert_eq!(
            (health.status, health.failing_streak),
            (status, streak),
            "{codes:?}"
        );
    }
}

#[test]
fn a_next_run_begins_anew_and_keeps_the_log() {
    let before = after(&check(1, Duration::ZERO), &[1, 1]);
    let health = Health::begin(Some(&before));
    assert_eq!(health.status, HealthStatus::Starting);
    assert_eq!(health.failing_streak, 0);
    assert_eq!(health.log, before.log);
}

proptest! {
    #[test]
    fn the_verdict_follows_from_the_last_results(
        codes in prop::collection::vec(-1..3, 1..20),
        retries in 1i64..5,
    ) {
        let health = after(&check(retries, Duration::ZERO), &codes);
        let failures = codes.iter().rev().take_while(|code| **code != 0).count();
        prop_assert_eq!(health.failing_streak, i64::try_from(failures).unwrap());
        prop_assert_eq!(
            health.status == HealthStatus::Unhealthy,
            health.failing_streak >= retries
        );
        let kept: Vec<_> = health.log.iter().map(|result| result.exit_code).collect();
        prop_assert_eq!(&kept[..], &codes[codes.len().saturating_sub(5)..]);
    }
}

fn frames(parts: &[(u8, &[u8])]) -> Vec<u8> {
    let mut bytes = vec![];
    for (stream, payload) in parts {
        let length = u32::try_from(payload.len()).unwrap();
        bytes.extend_from_slice(&[*stream, 0, 0, 0]);
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(payload);
    }
    bytes
}

#[tokio::test]
async fn both_streams_of_a_probe_are_kept() {
    let bytes = frames(&[(1, b"out\n"), (2, b"err\xff\n"), (1, b"")]);
    let output = read_output(&mut &bytes[..]).await.unwrap();
    assert_eq!(output, "out\nerr\u{fffd}\n");
}

#[tokio::test]
async fn long_output_is_cut() {
    let whole = vec![b'x'; LONGEST];
    let bytes = frames(&[(1, &whole[1..]), (2, b"x")]);
    let output = read_output(&mut &bytes[..]).await.unwrap();
    assert_eq!(output.as_bytes(), whole);
    let bytes = frames(&[(1, &whole[1..]), (2, b"xy"), (1, &whole)]);
    let output = read_output(&mut &bytes[..]).await.unwrap();
    assert_eq!(output.len(), LONGEST + 3);
    assert!(output.ends_with("x..."), "{output}");
}

#[test]
fn times_are_written_as_go_does() {
    for (duration, text) in [
        (Duration::ZERO, "0s"),
        (Duration::from_nanos(999), "999ns"),
        (Duration::from_nanos(1_500), "1.5µs"),
        (Duration::from_millis(20), "20ms"),
        (Duration::from_micros(20_050), "20.05ms"),
        (SECOND, "1s"),
        (Duration::from_millis(1_500), "1.5s"),
        (90 * SECOND, "1m30s"),
        (3600 * SECOND, "1h0m0s"),
        (Duration::from_millis(7_265_001), "2h1m5.001s"),
    ] {
        assert_eq!(go_duration(duration), text);
    }
    assert_eq!(exceeded(SECOND), "Health check exceeded timeout (1s)");
}
