//! Trying again: when it may help, and not for ever.

use std::sync::atomic::{AtomicUsize, Ordering};

use palan_model::ErrorKind;
use palan_registry::RegistryClient;

use crate::server::{Reply, Server, manifest, ok, problem, reply};
use crate::{client, config, resolve};

/// Fails the first requests for the manifest.
async fn failing(times: usize, failure: impl Fn() -> Reply + Send + Sync + 'static) -> Server {
    let count = AtomicUsize::new(0);
    Server::start(move |request| match request.path.as_str() {
        "/v2/" => ok(b"{}"),
        _ if count.fetch_add(1, Ordering::SeqCst) < times => failure(),
        _ => ok(&manifest("x")),
    })
    .await
}

fn busy() -> Reply {
    reply("503 Service Unavailable", &[], b"busy")
}

fn limited() -> Reply {
    let body = br#"{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}"#;
    reply("429 Too Many Requests", &[("Retry-After", "3600")], body)
}

#[tokio::test]
async fn passing_failures_are_survived() {
    let cut = || ok(b"{}").cut(30);
    let failures: [Box<dyn Fn() -> Reply + Send + Sync>; 3] =
        [Box::new(busy), Box::new(limited), Box::new(cut)];
    for failure in failures {
        let server = failing(2, failure).await;
        resolve(&client(), &server.reference("a:t")).await.unwrap();
        assert_eq!(server.count("/v2/a/manifests/t"), 3);
    }
}

#[tokio::test]
async fn lasting_failures_are_reported_after_a_few_attempts() {
    let server = failing(usize::MAX, busy).await;
    let error = resolve(&client(), &server.reference("a:t"))
        .await
        .unwrap_err();
    let wanted = "received unexpected HTTP status: 503 Service Unavailable";
    assert_eq!(
        (error.to_string().as_str(), error.kind()),
        (wanted, ErrorKind::Unavailable)
    );
    assert_eq!(server.count("/v2/a/manifests/t"), 3);

    let server = failing(usize::MAX, limited).await;
    let error = resolve(&client(), &server.reference("a:t"))
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "toomanyrequests: slow down");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn clear_answers_are_not_asked_for_again() {
    let server = failing(usize::MAX, || {
        problem("404 Not Found", "MANIFEST_UNKNOWN", "no")
    })
    .await;
    resolve(&client(), &server.reference("a:t"))
        .await
        .unwrap_err();
    assert_eq!(server.count("/v2/a/manifests/t"), 1);
}

#[tokio::test]
async fn a_registry_that_restarts_is_waited_for() {
    let mut config = config();
    config.timing.attempts = 10_000;
    let client = RegistryClient::new(config);
    let server = failing(0, busy).await;
    let (address, reference) = (server.address, server.reference("a:t"));
    resolve(&client, &reference).await.unwrap();
    drop(server);
    let (found, _server) = tokio::join!(resolve(&client, &reference), async {
        // Nobody listens any more: the first attempts find nobody.
        while tokio::net::TcpStream::connect(address).await.is_ok() {}
        Server::start_at(address, |_| ok(&manifest("x"))).await
    });
    found.unwrap();
}
