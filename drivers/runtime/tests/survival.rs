//! Whatever dies, nothing is lost and nothing stays: engines that end or are killed, runners that are
//! killed.

#![cfg(test)]

mod support;

use std::fs;

use palan_contracts::{Recovered, Runtime};
use palan_model::{ContainerId, ErrorKind, ExecId, RunSpec, Signal};
use rustix::process::{Pid, kill_process};
use support::{ALL, OUTPUT, Place, ended, process, read_all, runner_of, unframe, until};

/// Prints numbers slowly enough to be under way when the engine goes.
const TALK: &str = "i=0; while [ $i -lt 3000 ]; do echo $i; i=$((i+1)); done; exit 7";

fn talked(place: &Place, spec: &RunSpec) {
    let logged: Vec<String> = place
        .read_log(&spec.id)
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    let expected: Vec<String> = (0..3000).map(|n| format!("{n}\n")).collect();
    assert_eq!(logged, expected);
}

fn log_size(place: &Place, spec: &RunSpec) -> u64 {
    fs::metadata(place.log(&spec.id).path).map_or(0, |m| m.len())
}

fn kill_runner(id: &ContainerId) {
    let pid = runner_of(id).and_then(Pid::from_raw).unwrap();
    kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

/// Does the process run? One whose parent died may wait as a zombie for a PID 1 that reaps it.
fn runs(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

#[tokio::test]
async fn a_container_outlives_its_engine() {
    let Some(mut place) = Place::new() else {
        return;
    };
    let spec = place.spec(TALK);
    let started = place.start(&spec, &[OUTPUT]).await;
    until("it talks", || log_size(&place, &spec) > 0).await;
    place.runtime = place.another_engine();
    // The connection of the first engine ends with this, as if it were killed.
    let (pid, at) = (started.pid, started.at);
    drop(started);

    match place.runtime.recover(&spec.id).await.unwrap() {
        Recovered::Running {
            mut started,
            paused,
            execs,
        } => {
            assert_eq!(
                (started.pid, started.at, paused, execs.len()),
                (pid, at, false, 0)
            );
            match place.runtime.attach(&spec.id, OUTPUT).await {
                Ok(mut stream) => {
                    let (stdout, _) = unframe(&read_all(&mut stream).await);
                    // It may have said everything before the client came.
                    assert!(stdout.is_empty() || stdout.ends_with("2999\n"), "{stdout}");
                }
                // Or have ended.
                Err(error) => assert_eq!(error.kind(), ErrorKind::Conflict, "{error}"),
            }
            assert_eq!(ended(&mut started.exit).await.code, 7);
        }
        // It was faster.
        Recovered::Exited(status) => assert_eq!(status.code, 7),
        Recovered::Gone => panic!("the container is gone"),
    }
    talked(&place, &spec);
    let Recovered::Exited(status) = place.runtime.recover(&spec.id).await.unwrap() else {
        panic!("it has ended");
    };
    assert_eq!((status.code, status.started_at), (7, Some(at)));
    place.runtime.release(&spec.id).await.unwrap();
    assert!(matches!(
        place.runtime.recover(&spec.id).await.unwrap(),
        Recovered::Gone
    ));
    assert!(place.runtime.list().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_end_without_an_engine_is_found_later() {
    let Some(mut place) = Place::new() else {
        return;
    };
    let spec = place.spec("read line; exit 9");
    let spec = RunSpec {
        open_stdin: true,
        stdin_once: true,
        ..spec
    };
    let started = place.start(&spec, &[ALL]).await;
    let exec = ExecId::random();
    let detached = process("while [ ! -e /stop ]; do sleep 0.01; done; exit 6");
    let first_exec = place
        .runtime
        .exec(&spec.id, &exec, detached, None)
        .await
        .unwrap();

    // While nobody looks the exec'd process ends, then an engine comes, then the container ends.
    place.runtime = place.another_engine();
    fs::write(place.path().join("root/stop"), "").unwrap();
    until("the exec'd process has ended", || !runs(first_exec.pid)).await;
    let Recovered::Running { execs, .. } = place.runtime.recover(&spec.id).await.unwrap() else {
        panic!("it runs");
    };
    assert_eq!(execs.len(), 1);
    assert_eq!((&execs[0].0, *execs[0].1.exit.borrow()), (&exec, Some(6)));

    place.runtime = place.another_engine();
    drop(started);
    until("it has ended", || runner_of(&spec.id).is_none()).await;
    assert_eq!(
        place.runtime.list().await.unwrap(),
        std::slice::from_ref(&spec.id)
    );
    let Recovered::Exited(status) = place.runtime.recover(&spec.id).await.unwrap() else {
        panic!("it has ended");
    };
    assert_eq!(
        (status.code, status.execs.len(), status.execs[0].code),
        (9, 1, 6)
    );
    place.runtime.release(&spec.id).await.unwrap();
    assert!(place.cgroups_of(&spec.id).is_empty());
}

#[tokio::test]
async fn running_execs_are_found_by_a_new_engine() {
    let Some(mut place) = Place::new() else {
        return;
    };
    let spec = place.spec("sleep 1000");
    place.start(&spec, &[]).await;
    let exec = ExecId::random();
    place
        .runtime
        .exec(&spec.id, &exec, process("sleep 1000"), None)
        .await
        .unwrap();
    place.runtime.freeze(&spec.id, true).await.unwrap();
    place.runtime = place.another_engine();
    // Recovering twice changes nothing.
    for _ in 0..2 {
        let Recovered::Running { paused, execs, .. } =
            place.runtime.recover(&spec.id).await.unwrap()
        else {
            panic!("it runs");
        };
        assert!(paused && execs.len() == 1 && execs[0].0 == exec);
    }
    place.runtime.freeze(&spec.id, false).await.unwrap();
    let Recovered::Running {
        mut started,
        mut execs,
        ..
    } = place.runtime.recover(&spec.id).await.unwrap()
    else {
        panic!("it runs");
    };
    place
        .runtime
        .signal(&spec.id, Some(&exec), Signal::KILL)
        .await
        .unwrap();
    assert_eq!(ended(&mut execs[0].1.exit).await, 137);
    let error = place.runtime.release(&spec.id).await.unwrap_err();
    assert_eq!(error.to_string(), "container is running");
    place
        .runtime
        .signal(&spec.id, None, Signal::KILL)
        .await
        .unwrap();
    assert_eq!(ended(&mut started.exit).await.code, 137);
    place.runtime.release(&spec.id).await.unwrap();
}

#[tokio::test]
async fn a_killed_runner_takes_its_container_along() {
    let Some(mut place) = Place::new() else {
        return;
    };
    let spec = place.spec("sleep 1000 & sleep 1000");
    let mut started = place.start(&spec, &[]).await;
    kill_runner(&spec.id);
    assert_eq!(ended(&mut started.exit).await.code, 137);
    place.runtime.release(&spec.id).await.unwrap();
    assert!(place.cgroups_of(&spec.id).is_empty());
    assert!(!runs(started.pid));

    let started = place.start(&spec, &[]).await;
    place.runtime = place.another_engine();
    kill_runner(&spec.id);
    until("the runner is gone", || runner_of(&spec.id).is_none()).await;
    assert!(matches!(
        place.runtime.recover(&spec.id).await.unwrap(),
        Recovered::Gone
    ));
    assert!(place.cgroups_of(&spec.id).is_empty());
    assert!(!runs(started.pid));
    place.runtime.release(&spec.id).await.unwrap();
}
