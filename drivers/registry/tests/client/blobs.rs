//! Blobs: ranges, and bodies that end too early or too late.

use std::sync::atomic::{AtomicUsize, Ordering};

use palan_contracts::Registry;
use palan_model::{ErrorKind, Reference};

use crate::server::{Reply, Request, Server, descriptor, ok, problem, reply};
use crate::{client, read};

const SIZE: usize = 300_000;

fn contents() -> Vec<u8> {
    (0..SIZE).map(|n| (n * 7 % 251) as u8).collect()
}

/// The bytes that a request asks for.
fn ranged(request: &Request, bytes: &[u8]) -> Reply {
    let start = request.header("range").map(|range| {
        let start = range.strip_prefix("bytes=").unwrap().trim_end_matches('-');
        start.parse::<usize>().unwrap()
    });
    match start {
        None => ok(bytes),
        Some(start) => {
            let range = format!("bytes {start}-{}/{}", bytes.len() - 1, bytes.len());
            let headers = [("Content-Range", range.as_str())];
            reply("206 Partial Content", &headers, &bytes[start..])
        }
    }
}

async fn serving(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Server {
    Server::start(move |request| match request.path.as_str() {
        "/v2/" => ok(b"{}"),
        _ => answer(request),
    })
    .await
}

#[tokio::test]
async fn a_blob_is_read_from_any_offset() {
    let server = serving(|request| ranged(request, &contents())).await;
    let blob = descriptor("", &contents());
    for offset in [0, 1, SIZE - 1, SIZE] {
        let (bytes, error) = read(&client(), &server.reference("a"), &blob, offset as u64).await;
        assert_eq!(error, None);
        assert!(bytes == contents()[offset..], "from {offset}");
    }
    assert_eq!(
        server.requests().len(),
        3,
        "nothing is asked for at the end"
    );
    let past = read(&client(), &server.reference("a"), &blob, SIZE as u64 + 1).await;
    assert!(past.1.unwrap().starts_with("invalid range for blob"));
}

#[tokio::test]
async fn a_registry_that_ignores_ranges_is_read_from_its_start() {
    let server = serving(|_| ok(&contents())).await;
    let blob = descriptor("", &contents());
    let (bytes, error) = read(&client(), &server.reference("a"), &blob, 123_456).await;
    assert_eq!(error, None);
    assert!(bytes == contents()[123_456..]);
}

#[tokio::test]
async fn a_cut_connection_goes_on_where_it_was() {
    let requests = AtomicUsize::new(0);
    let server = serving(move |request| {
        let reply = ranged(request, &contents());
        match requests.fetch_add(1, Ordering::SeqCst) {
            0 => reply.cut(200_000),
            1 => reply.cut(100_000),
            _ => reply,
        }
    })
    .await;
    let blob = descriptor("", &contents());
    let (bytes, error) = read(&client(), &server.reference("a"), &blob, 0).await;
    assert_eq!(error, None);
    assert!(bytes == contents());
    let ranges: Vec<_> = server
        .requests()
        .iter()
        .map(|r| r.header("range").map(str::to_owned))
        .collect();
    let range = |start: &str| Some(format!("bytes={start}-"));
    assert_eq!(ranges, [None, range("100000"), range("200000")]);
}

#[tokio::test]
async fn a_body_that_is_always_short_is_given_up() {
    let short = |_: &Request| ok(&contents()[..SIZE - 1]);
    let server = serving(move |request| match request.header("range") {
        None => short(request),
        Some(_) => reply(
            "206 Partial Content",
            &[("Content-Range", "bytes 299999-299999/300000")],
            b"",
        ),
    })
    .await;
    let blob = descriptor("", &contents());
    let (bytes, error) = read(&client(), &server.reference("a"), &blob, 0).await;
    assert_eq!(bytes.len(), SIZE - 1);
    assert!(
        error
            .unwrap()
            .ends_with("ended after 299999 of 300000 bytes")
    );
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn more_bytes_and_other_ranges_are_refused() {
    let server = serving(|_| ok(&[contents(), b"more".to_vec()].concat())).await;
    let blob = descriptor("", &contents()[..10]);
    let (bytes, error) = read(&client(), &server.reference("a"), &blob, 0).await;
    assert_eq!(bytes.len(), 0);
    assert!(error.unwrap().ends_with("is larger than its 10 bytes"));

    let server = serving(|_| {
        reply(
            "206 Partial Content",
            &[("Content-Range", "bytes 0-9/10")],
            &contents()[..10],
        )
    })
    .await;
    let (_, error) = read(&client(), &server.reference("a"), &blob, 5).await;
    assert!(error.unwrap().starts_with("invalid answer to a range"));
}

#[tokio::test]
async fn a_missing_blob_is_reported_at_once() {
    let server =
        serving(|_| problem("404 Not Found", "BLOB_UNKNOWN", "blob unknown to registry")).await;
    let reference: Reference = server.reference("a").parse().unwrap();
    let fetched = client().fetch(&reference, &descriptor("", b"x"), 0).await;
    let error = fetched.err().unwrap();
    assert_eq!(error.to_string(), "blob unknown: blob unknown to registry");
    assert_eq!(error.kind(), ErrorKind::NotFound);
}
