use super::*;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

const OUTPUT: AttachSpec = AttachSpec {
    stdin: false,
    stdout: true,
    stderr: true,
};

/// Streams with one output pipe and an input pipe: the streams, what the process would hold.
fn streams(closes_input: bool) -> (Streams, OwnedFd, OwnedFd) {
    let (reader, writer) = rustix::pipe::pipe().unwrap();
    let (stdin, input) = rustix::pipe::pipe().unwrap();
    let ends = Ends {
        input: Some(input),
        outputs: vec![(StdStream::Stdout, reader)],
        closes_input,
        ..Ends::default()
    };
    (Streams::new(1, ends).unwrap(), writer, stdin)
}

fn attach(streams: &mut Streams, wants: AttachSpec) -> UnixStream {
    let (ours, runners) = UnixStream::pair().unwrap();
    streams.attach(wants, runners.into());
    ours
}

/// Handles events until there are none.
fn settle(streams: &mut Streams, poll: &Poll) {
    let mut buffer = [0; 4096];
    streams.watch(poll);
    while let Some((token, flags)) = poll.next(Some(Duration::ZERO)).unwrap() {
        match token {
            Token::Output(_, stream) => streams.on_output(stream, &mut buffer),
            Token::Stdin(_) => streams.on_stdin(),
            Token::Client(_, number) => streams.on_client(number, flags, &mut buffer),
            other => panic!("unexpected {other:?}"),
        }
        streams.watch(poll);
    }
}

#[test]
fn output_comes_in_frames() {
    let poll = Poll::new().unwrap();
    let (mut streams, stdout, _stdin) = streams(false);
    let mut client = attach(&mut streams, OUTPUT);
    rustix::io::write(&stdout, b"hello").unwrap();
    drop(stdout);
    settle(&mut streams, &poll);
    assert!(streams.is_drained());
    let mut bytes = Vec::new();
    client.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes, b"\x01\0\0\0\0\0\0\x05hello");
}

#[test]
fn a_client_that_is_behind_stops_its_stream_until_it_reads_or_leaves() {
    let poll = Poll::new().unwrap();
    let (mut streams, stdout, _stdin) = streams(false);
    let mut slow = attach(&mut streams, OUTPUT);
    let gone = attach(&mut streams, OUTPUT);
    rustix::fs::fcntl_setfl(&stdout, rustix::fs::OFlags::NONBLOCK).unwrap();
    let mut written = 0;
    // Until the pipe stays full because nothing reads it any more.
    while let Ok(count) = rustix::io::write(&stdout, &[b'x'; 4096]) {
        written += count;
        settle(&mut streams, &poll);
    }
    drop(gone);
    settle(&mut streams, &poll);
    assert!(
        rustix::io::write(&stdout, b"x").is_err(),
        "the slow client holds it up"
    );
    drop(stdout);
    slow.set_nonblocking(true).unwrap();
    let mut received = Vec::new();
    while !streams.is_drained() {
        let _ = slow.read_to_end(&mut received);
        settle(&mut streams, &poll);
    }
    let _ = slow.read_to_end(&mut received);
    let text = received.iter().filter(|b| **b == b'x').count();
    assert_eq!(text, written);
}

#[test]
fn input_that_is_not_taken_stops_the_client() {
    let poll = Poll::new().unwrap();
    let (mut streams, _stdout, stdin) = streams(true);
    let wants = AttachSpec {
        stdin: true,
        ..AttachSpec::default()
    };
    let mut client = attach(&mut streams, wants);
    client.set_nonblocking(true).unwrap();
    let mut written = 0;
    while let Ok(count) = client.write(&[b'y'; 4096]) {
        written += count;
        settle(&mut streams, &poll);
    }
    // The client vanishes; nothing that it sent is lost, and the input ends after it.
    drop(client);
    settle(&mut streams, &poll);
    let mut taken = 0;
    let mut buffer = [0; 65536];
    loop {
        match rustix::io::read(&stdin, &mut buffer).unwrap() {
            0 => break,
            count => taken += count,
        }
        settle(&mut streams, &poll);
    }
    assert_eq!(taken, written);
}

#[test]
fn who_never_reads_is_cut_off_at_the_end() {
    let poll = Poll::new().unwrap();
    let (mut streams, stdout, _stdin) = streams(false);
    let _never = attach(&mut streams, OUTPUT);
    streams.drain();
    for _ in 0..2000 {
        rustix::io::write(&stdout, &[b'x'; 4096]).unwrap();
        settle(&mut streams, &poll);
    }
    drop(stdout);
    settle(&mut streams, &poll);
    assert!(streams.finish().is_empty());
}
