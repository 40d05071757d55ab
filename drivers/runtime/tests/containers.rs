//! Real containers through the contract: streams, exit codes, terminals, execs, signals.

#![cfg(test)]

mod support;

use palan_contracts::Runtime;
use palan_model::log::StdStream;
use palan_model::runner::AttachSpec;
use palan_model::{ErrorKind, ExecId, RootfsSpec, Signal};
use support::{ALL, BOUND, OUTPUT, Place, ended, process, read_all, read_until, unframe, until};
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

#[tokio::test]
async fn output_reaches_client_and_log_and_the_exit_code_is_kept() {
    let Some(place) = Place::new() else { return };
    let spec = place.spec("echo one; echo two >&2; echo -n three; exit 7");
    let mut started = place.start(&spec, &[OUTPUT]).await;
    let (stdout, stderr) = unframe(&read_all(&mut started.attached[0]).await);
    assert_eq!((stdout.as_str(), stderr.as_str()), ("one\nthree", "two\n"));
    let status = ended(&mut started.exit).await;
    assert_eq!(
        (status.code, status.oom_killed, status.failure),
        (7, false, None)
    );
    assert_eq!(status.started_at, Some(started.at));
    assert!(status.finished_at >= started.at);
    let mut log = place.read_log(&spec.id);
    log.sort_by_key(|(stream, _)| *stream == StdStream::Stderr);
    let log: Vec<_> = log.iter().map(|(s, text)| (*s, text.as_str())).collect();
    use StdStream::{Stderr, Stdout};
    assert_eq!(
        log,
        [(Stdout, "one\n"), (Stdout, "three"), (Stderr, "two\n")]
    );
    place.runtime.release(&spec.id).await.unwrap();
    place.runtime.release(&spec.id).await.unwrap();
    assert!(place.runtime.list().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_overlay_takes_what_is_written() {
    let Some(place) = Place::new() else { return };
    let mut spec = place.spec("echo new > /file && ls /");
    let make = |name: &str| {
        let path = place.path().join(name);
        std::fs::create_dir(&path).unwrap();
        path
    };
    spec.rootfs = RootfsSpec::Overlay {
        lower: vec![place.path().join("root")],
        upper: make("upper"),
        work: make("work"),
        volatile: true,
    };
    let (code, log) = place.run(&spec).await;
    assert_eq!(code, 0, "{log:?}");
    assert_eq!(
        std::fs::read_to_string(place.path().join("upper/file")).unwrap(),
        "new\n"
    );
    assert!(!place.path().join("root/file").exists());
    // The same container again: its earlier run is out of the way.
    if let RootfsSpec::Overlay { work, .. } = &mut spec.rootfs {
        *work = make("work2");
    }
    assert_eq!(place.run(&spec).await.0, 0);
}

#[tokio::test]
async fn failed_starts_carry_dockers_exit_codes_and_leave_nothing() {
    let Some(place) = Place::new() else { return };
    for (program, code) in [("/nope", 127), ("nope", 127), ("/plain", 126)] {
        let mut spec = place.spec("");
        spec.process.args = vec![program.to_owned()];
        let error = place
            .runtime
            .start(spec.clone(), None, Vec::new())
            .await
            .unwrap_err();
        assert_eq!(
            error.exit_code(),
            Some(code),
            "{program}: {}",
            error.chain()
        );
        assert!(error.to_string().contains(program), "{error}");
        assert!(place.cgroups_of(&spec.id).is_empty());
    }
    assert!(place.runtime.list().await.unwrap().is_empty());
    let mut spec = place.spec("true");
    spec.log.as_mut().unwrap().path = "/nowhere/log".into();
    let error = place
        .runtime
        .start(spec, None, Vec::new())
        .await
        .unwrap_err();
    assert_eq!(
        (error.exit_code(), error.kind()),
        (Some(125), ErrorKind::System)
    );
}

#[tokio::test]
async fn a_terminal_echoes_resizes_and_carries_raw_bytes() {
    let Some(place) = Place::new() else { return };
    let mut spec = place.spec("stty size; tty; trap 'stty size; exit 5' WINCH; echo ready; while :; do read line; echo got $line; done");
    spec.process.tty = true;
    spec.process.console_size = Some([30, 100]);
    spec.open_stdin = true;
    let mut started = place.start(&spec, &[ALL]).await;
    let stream = &mut started.attached[0];
    let begin = read_until(stream, "ready\r\n").await;
    assert!(begin.starts_with("30 100\r\n/dev/"), "{begin:?}");
    stream.write_all(b"hello\n").await.unwrap();
    assert_eq!(
        read_until(stream, "got hello\r\n").await,
        "hello\r\ngot hello\r\n"
    );
    // A second client sees what comes from now on.
    let mut second = place.runtime.attach(&spec.id, ALL).await.unwrap();
    second.write_all(b"again\n").await.unwrap();
    assert_eq!(
        read_until(&mut second, "got again\r\n").await,
        "again\r\ngot again\r\n"
    );
    assert_eq!(
        read_until(stream, "got again\r\n").await,
        "again\r\ngot again\r\n"
    );
    // Who ends its input is detached; the terminal stays.
    second.shutdown().await.unwrap();
    assert_eq!(read_all(&mut second).await, b"");
    place
        .runtime
        .resize(&spec.id, None, [40, 120])
        .await
        .unwrap();
    // The trap runs now, or after a line was read.
    let _ = stream.write_all(b"\n").await;
    assert!(read_until(stream, "40 120\r\n").await.contains("40 120"));
    assert_eq!(ended(&mut started.exit).await.code, 5);
    assert!(
        place
            .read_log(&spec.id)
            .iter()
            .all(|(s, _)| *s == StdStream::Stdout)
    );
    place.runtime.release(&spec.id).await.unwrap();
}

#[tokio::test]
async fn input_flows_through_and_ends_with_its_client() {
    let Some(place) = Place::new() else { return };
    let mut spec = place.spec("cat; echo end >&2");
    spec.open_stdin = true;
    spec.stdin_once = true;
    spec.log = None;
    let mut started = place.start(&spec, &[ALL]).await;
    let (mut reader, mut writer) = started.attached.remove(0).into_split();
    // More than all buffers on the way hold.
    let text: String = (0..200_000).map(|n| format!("{n}\n")).collect();
    let sent = text.clone();
    let writing = tokio::spawn(async move {
        writer.write_all(sent.as_bytes()).await.unwrap();
        writer.shutdown().await.unwrap();
        writer
    });
    let mut bytes = Vec::new();
    let reading = tokio::io::AsyncReadExt::read_to_end(&mut reader, &mut bytes);
    timeout(BOUND, reading).await.unwrap().unwrap();
    let (stdout, stderr) = unframe(&bytes);
    assert!(
        stdout == text,
        "{} of {} bytes came back",
        stdout.len(),
        text.len()
    );
    assert_eq!(stderr, "end\n");
    assert_eq!(ended(&mut started.exit).await.code, 0);
    writing.await.unwrap();
    place.runtime.release(&spec.id).await.unwrap();
}

#[tokio::test]
async fn input_stays_open_without_stdin_once_and_is_empty_when_not_asked_for() {
    let Some(place) = Place::new() else { return };
    let mut spec = place.spec("read a; read b; echo $a $b");
    spec.open_stdin = true;
    let mut started = place.start(&spec, &[ALL]).await;
    started.attached[0].write_all(b"one\n").await.unwrap();
    started.attached[0].shutdown().await.unwrap();
    assert_eq!(read_all(&mut started.attached[0]).await, b"");
    let mut second = place.runtime.attach(&spec.id, ALL).await.unwrap();
    second.write_all(b"two\n").await.unwrap();
    assert_eq!(unframe(&read_all(&mut second).await).0, "one two\n");
    assert_eq!(ended(&mut started.exit).await.code, 0);
    place.runtime.release(&spec.id).await.unwrap();

    let (code, log) = place.run(&place.spec("cat && echo empty")).await;
    assert_eq!(
        (code, log),
        (0, vec![(StdStream::Stdout, "empty\n".to_owned())])
    );
}

#[tokio::test]
async fn a_slow_client_slows_the_container_and_a_lost_one_does_not() {
    let Some(place) = Place::new() else { return };
    let spec = place.spec("seq 1 300000");
    let whole: String = (1..=300_000).map(|n| format!("{n}\n")).collect();
    let mut started = place.start(&spec, &[OUTPUT, OUTPUT]).await;
    let mut lost = started.attached.remove(1);
    read_until(&mut lost, "100\n").await;
    drop(lost);
    let log = place.log(&spec.id).path;
    let mut sizes = (0, 1);
    until("the container is held up", || {
        let size = std::fs::metadata(&log).map_or(0, |m| m.len());
        sizes = (sizes.1, size);
        size > 0 && sizes.0 == sizes.1
    })
    .await;
    assert!(
        started.exit.borrow().is_none(),
        "nobody waited for the slow client"
    );
    let (stdout, _) = unframe(&read_all(&mut started.attached[0]).await);
    assert!(
        stdout == whole,
        "{} of {} bytes came",
        stdout.len(),
        whole.len()
    );
    assert_eq!(ended(&mut started.exit).await.code, 0);
    let logged: String = place
        .read_log(&spec.id)
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    assert!(
        logged == whole,
        "{} of {} bytes were logged",
        logged.len(),
        whole.len()
    );
    place.runtime.release(&spec.id).await.unwrap();
}

#[tokio::test]
async fn the_last_words_wait_for_a_client_that_does_not_read() {
    let Some(place) = Place::new() else { return };
    let spec = place.spec("seq 1 30000");
    let mut started = place.start(&spec, &[OUTPUT]).await;
    // Socket and pipe hold less than this prints; the rest is read while the container is held up.
    assert_eq!(ended(&mut started.exit).await.code, 0);
    place.runtime.release(&spec.id).await.unwrap();
    assert!(place.cgroups_of(&spec.id).is_empty());
    let (stdout, _) = unframe(&read_all(&mut started.attached[0]).await);
    assert_eq!(stdout.lines().count(), 30_000);
}

#[tokio::test]
async fn processes_are_started_beside_the_first() {
    let Some(place) = Place::new() else { return };
    let spec = place.spec("sleep 1000");
    let mut started = place.start(&spec, &[]).await;
    let [first, second, third, fourth, fifth] = std::array::from_fn(|_| ExecId::random());

    let exec = place.runtime.exec(
        &spec.id,
        &first,
        process("cat; echo err >&2; exit 4"),
        Some(ALL),
    );
    let mut exec = exec.await.unwrap();
    let mut stream = exec.attached.take().unwrap();
    stream.write_all(b"in\n").await.unwrap();
    stream.shutdown().await.unwrap();
    let (stdout, stderr) = unframe(&read_all(&mut stream).await);
    assert_eq!((stdout.as_str(), stderr.as_str()), ("in\n", "err\n"));
    assert_eq!(ended(&mut exec.exit).await, 4);

    let detached = place.runtime.exec(
        &spec.id,
        &second,
        process("echo > /began; sleep 1000"),
        None,
    );
    let mut detached = detached.await.unwrap();
    until("it began", || place.path().join("root/began").exists()).await;
    let found = place.runtime.processes(&spec.id).await.unwrap();
    assert!(
        found
            .iter()
            .any(|p| p.pid == started.pid && p.command.ends_with("sleep 1000")),
        "{found:?}"
    );
    assert!(found.iter().any(|p| p.pid == detached.pid), "{found:?}");
    place
        .runtime
        .signal(&spec.id, Some(&second), Signal::KILL)
        .await
        .unwrap();
    assert_eq!(ended(&mut detached.exit).await, 137);
    let error = place
        .runtime
        .signal(&spec.id, Some(&second), Signal::KILL)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);

    let mut terminal = process("stty size");
    terminal.tty = true;
    terminal.console_size = Some([11, 22]);
    let exec = place.runtime.exec(&spec.id, &third, terminal, Some(OUTPUT));
    let mut exec = exec.await.unwrap();
    assert_eq!(
        read_all(exec.attached.as_mut().unwrap()).await,
        b"11 22\r\n"
    );
    assert_eq!(ended(&mut exec.exit).await, 0);

    let mut missing = process("");
    missing.args = vec!["nope".to_owned()];
    let exec = place.runtime.exec(&spec.id, &fourth, missing, Some(OUTPUT));
    assert_eq!(exec.await.unwrap_err().exit_code(), Some(127));

    // The end of the container is the end of all of them.
    let last = place
        .runtime
        .exec(&spec.id, &fifth, process("sleep 1000"), None);
    let mut last = last.await.unwrap();
    place
        .runtime
        .signal(&spec.id, None, Signal::KILL)
        .await
        .unwrap();
    assert_eq!(ended(&mut started.exit).await.code, 137);
    assert_eq!(ended(&mut last.exit).await, 137);
    let error = place
        .runtime
        .signal(&spec.id, None, Signal::KILL)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    place.runtime.release(&spec.id).await.unwrap();
}

#[tokio::test]
async fn a_background_process_of_an_exec_does_not_keep_it() {
    let Some(place) = Place::new() else { return };
    let spec = place.spec("sleep 1000");
    let mut started = place.start(&spec, &[]).await;
    let script = process("sleep 1000 & echo done");
    let id = ExecId::random();
    let exec = place.runtime.exec(&spec.id, &id, script, Some(OUTPUT));
    let mut exec = exec.await.unwrap();
    let (stdout, _) = unframe(&read_all(exec.attached.as_mut().unwrap()).await);
    assert_eq!(
        (stdout.as_str(), ended(&mut exec.exit).await),
        ("done\n", 0)
    );
    place
        .runtime
        .signal(&spec.id, None, Signal::KILL)
        .await
        .unwrap();
    ended(&mut started.exit).await;
    place.runtime.release(&spec.id).await.unwrap();
}

#[tokio::test]
async fn signals_are_delivered_and_ignored_ones_are_not_inherited() {
    let Some(place) = Place::new() else { return };
    let spec = place.spec("trap 'echo term; exit 3' TERM; cat /proc/self/status; echo ready; while :; do sleep 0.01; done");
    let mut started = place.start(&spec, &[OUTPUT]).await;
    let begin = read_until(&mut started.attached[0], "ready\n").await;
    for line in ["SigBlk:\t0000000000000000", "SigIgn:\t0000000000000000"] {
        assert!(begin.contains(line), "no {line:?} in {begin}");
    }
    place
        .runtime
        .signal(&spec.id, None, Signal::TERM)
        .await
        .unwrap();
    assert_eq!(ended(&mut started.exit).await.code, 3);
    place.runtime.release(&spec.id).await.unwrap();
}

#[tokio::test]
async fn a_frozen_container_stands_still() {
    let Some(place) = Place::new() else { return };
    let spec = place.spec("i=0; while :; do echo $i; i=$((i+1)); sleep 0.001; done");
    let mut started = place.start(&spec, &[OUTPUT]).await;
    read_until(&mut started.attached[0], "10\n").await;
    place.runtime.freeze(&spec.id, true).await.unwrap();
    let text = || std::fs::read(place.log(&spec.id).path).unwrap().len();
    let mut sizes = (0, 1);
    until("its output was read", || {
        sizes = (sizes.1, text());
        sizes.0 == sizes.1
    })
    .await;
    let exec = place
        .runtime
        .exec(&spec.id, &ExecId::random(), process("true"), None)
        .await;
    assert_eq!(exec.unwrap_err().to_string(), "container is paused");
    let before = text();
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    assert_eq!(text(), before);
    place.runtime.freeze(&spec.id, false).await.unwrap();
    until("it goes on", || text() > before).await;
    let limits = palan_model::Resources {
        memory: 64 << 20,
        ..Default::default()
    };
    place.runtime.update(&spec.id, &limits).await.unwrap();
    place
        .runtime
        .signal(&spec.id, None, Signal::KILL)
        .await
        .unwrap();
    ended(&mut started.exit).await;
    place.runtime.release(&spec.id).await.unwrap();
}

#[tokio::test]
async fn a_client_leaves_when_the_streams_end() {
    let Some(place) = Place::new() else { return };
    let mut spec = place.spec("echo bye; exec >&- 2>&-; cat; exit 8");
    spec.open_stdin = true;
    let mut started = place.start(&spec, &[ALL]).await;
    assert_eq!(
        unframe(&read_all(&mut started.attached[0]).await).0,
        "bye\n"
    );
    assert!(started.exit.borrow().is_none());
    place
        .runtime
        .signal(&spec.id, None, Signal::KILL)
        .await
        .unwrap();
    assert_eq!(ended(&mut started.exit).await.code, 137);
    place.runtime.release(&spec.id).await.unwrap();
}

#[tokio::test]
async fn a_process_that_needs_too_much_memory_is_reported() {
    let Some(place) = Place::new() else { return };
    let mut spec = place.spec("a=x; while :; do a=$a$a; done");
    spec.resources.memory = 16 << 20;
    spec.resources.memory_swap = 16 << 20;
    let mut started = place.start(&spec, &[]).await;
    let status = ended(&mut started.exit).await;
    assert_eq!((status.code, status.oom_killed), (137, true));
    place.runtime.release(&spec.id).await.unwrap();
}

#[tokio::test]
async fn two_clients_get_the_same_and_streams_can_be_chosen() {
    let Some(place) = Place::new() else { return };
    let only_errors = AttachSpec {
        stderr: true,
        ..AttachSpec::default()
    };
    let spec = place.spec("for i in 1 2 3; do echo out $i; echo err $i >&2; done");
    let mut started = place.start(&spec, &[OUTPUT, only_errors]).await;
    let all = unframe(&read_all(&mut started.attached[0]).await);
    let errors = unframe(&read_all(&mut started.attached[1]).await);
    assert_eq!(all.0, "out 1\nout 2\nout 3\n");
    assert_eq!((errors.0.as_str(), &errors.1), ("", &all.1));
    ended(&mut started.exit).await;
    place.runtime.release(&spec.id).await.unwrap();
}
