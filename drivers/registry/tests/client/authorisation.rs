//! Tokens: asked for once, for the scope, renewed when refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use palan_model::ErrorKind;

use crate::server::{Reply, Request, Server, descriptor, manifest, ok, problem, reply};
use crate::{client, read, resolve};

fn challenge(realm: &str, extra: &str) -> Reply {
    let text = format!(r#"Bearer realm="{realm}",service="reg"{extra}"#);
    let body = br#"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}"#;
    reply("401 Unauthorized", &[("WWW-Authenticate", &text)], body)
}

/// A token server that numbers its tokens.
async fn token_server(field: &'static str) -> Server {
    let count = AtomicUsize::new(0);
    Server::start(move |_| {
        let number = 1 + count.fetch_add(1, Ordering::SeqCst);
        ok(format!(r#"{{"{field}":"t{number}","expires_in":300}}"#).as_bytes())
    })
    .await
}

/// A registry that believes one token.
async fn registry(realm: String, good: &'static str) -> Server {
    Server::start(move |request: &Request| {
        if request.header("authorization") != Some(good) {
            return challenge(&realm, "");
        }
        match request.path.as_str() {
            path if path.contains("/blobs/") => ok(b"hello"),
            _ => ok(&manifest("x")),
        }
    })
    .await
}

#[tokio::test]
async fn one_token_serves_a_repository() {
    for field in ["token", "access_token"] {
        let tokens = token_server(field).await;
        let realm = format!("http://{}/token", tokens.address);
        let server = registry(realm, "Bearer t1").await;
        let client = client();
        resolve(&client, &server.reference("b/c:t")).await.unwrap();
        let blob = descriptor("", b"hello");
        let (bytes, error) = read(&client, &server.reference("b/c"), &blob, 0).await;
        assert_eq!((bytes.as_slice(), error), (b"hello".as_slice(), None));
        let asked: Vec<_> = tokens.requests().into_iter().map(|r| r.path).collect();
        assert_eq!(
            asked,
            ["/token?service=reg&scope=repository%3Ab%2Fc%3Apull"]
        );
    }
}

#[tokio::test]
async fn a_refused_token_is_renewed_once() {
    let tokens = token_server("token").await;
    let realm = format!("http://{}/token?x=y", tokens.address);
    let server = registry(realm.clone(), "Bearer t2").await;
    resolve(&client(), &server.reference("a:t")).await.unwrap();
    let server = registry(realm, "Bearer none").await;
    let error = resolve(&client(), &server.reference("a:t"))
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "unauthorized: authentication required");
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
    assert_eq!(tokens.requests().len(), 4);
}

#[tokio::test]
async fn a_scope_that_is_not_granted_reads_as_access_denied() {
    let tokens = token_server("token").await;
    let realm = Arc::new(format!("http://{}/token", tokens.address));
    let server = Server::start(move |_| challenge(&realm, r#",error="insufficient_scope""#)).await;
    let error = resolve(&client(), &server.reference("a:t"))
        .await
        .unwrap_err();
    let wanted = format!(
        "pull access denied for {}, repository does not exist or may require 'docker login': \
         denied: requested access to the resource is denied",
        server.reference("a")
    );
    assert_eq!(error.to_string(), wanted);
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn what_cannot_be_met_is_an_error() {
    let basic = Server::start(|_| {
        reply(
            "401 Unauthorized",
            &[("WWW-Authenticate", "Basic realm=\"x\"")],
            b"",
        )
    })
    .await;
    let error = resolve(&client(), &basic.reference("a:t"))
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "no basic auth credentials");
    assert_eq!(error.kind(), ErrorKind::Unauthorized);

    let refusing = Server::start(|_| problem("403 Forbidden", "DENIED", "not you")).await;
    let garbled = Server::start(|_| ok(b"<html>")).await;
    for (realm, wanted) in [
        (format!("http://{}/t", refusing.address), "denied: not you"),
        (
            format!("http://{}/t", garbled.address),
            "invalid answer of the token server",
        ),
        ("http://token.invalid/t".to_owned(), "must be an https URL"),
        ("file:///etc/passwd".to_owned(), "malformed realm"),
        (String::new(), "malformed realm"),
    ] {
        let server = registry(realm, "Bearer x").await;
        let error = resolve(&client(), &server.reference("a:t"))
            .await
            .unwrap_err();
        assert!(error.to_string().contains(wanted), "{error}");
    }
}
