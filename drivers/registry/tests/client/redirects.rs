//! Redirects: followed to other hosts, without what belongs to the registry.

use crate::server::{Server, descriptor, manifest, ok, reply};
use crate::{client, config, read, resolve};
use palan_registry::{CredentialSource, Credentials, RegistryClient};

struct Fixed;

impl CredentialSource for Fixed {
    fn credentials(&self, _: &str) -> Option<Credentials> {
        Some(Credentials {
            username: "me".to_owned(),
            password: "secret".to_owned(),
        })
    }
}

#[tokio::test]
async fn another_host_gets_the_range_but_no_credentials() {
    let store = Server::start(|_| {
        reply(
            "206 Partial Content",
            &[("Content-Range", "bytes 2-4/5")],
            b"llo",
        )
    })
    .await;
    let location = format!("http://{}/store?signature=x", store.address);
    let server = Server::start(move |request| {
        match (request.path.as_str(), request.header("authorization")) {
            (_, None) => reply(
                "401 Unauthorized",
                &[("WWW-Authenticate", "Basic realm=\"r\"")],
                b"",
            ),
            ("/v2/", _) => ok(b"{}"),
            ("/v2/a/moved", _) => reply("307 Temporary Redirect", &[("Location", &location)], b""),
            _ => reply("302 Found", &[("Location", "/v2/a/moved")], b""),
        }
    })
    .await;
    let mut config = config();
    config.credentials = Some(std::sync::Arc::new(Fixed));
    let client = RegistryClient::new(config);
    let blob = descriptor("", b"hello");
    let (bytes, error) = read(&client, &server.reference("a"), &blob, 2).await;
    assert_eq!((bytes.as_slice(), error), (b"llo".as_slice(), None));
    let last = &store.requests()[0];
    assert_eq!(last.path, "/store?signature=x");
    assert_eq!(last.header("range"), Some("bytes=2-"));
    assert_eq!(last.header("authorization"), None);
    for request in server.requests() {
        let basic = Some("Basic bWU6c2VjcmV0");
        assert_eq!(request.header("authorization"), basic, "{}", request.path);
    }
}

#[tokio::test]
async fn circles_and_odd_places_are_refused() {
    for (location, wanted) in [
        ("/v2/a/manifests/t", "redirects too often"),
        ("ftp://127.0.0.1/x", "redirects to an unsupported scheme"),
        ("http://[/", "redirects to a malformed address"),
    ] {
        let server = Server::start(move |request| match request.path.as_str() {
            "/v2/" => ok(b"{}"),
            _ => reply("302 Found", &[("Location", location)], b""),
        })
        .await;
        let error = resolve(&client(), &server.reference("a:t"))
            .await
            .unwrap_err();
        assert!(error.to_string().contains(wanted), "{error}");
        assert!(server.requests().len() <= 11);
    }
}

#[tokio::test]
async fn connections_are_used_again() {
    let server = Server::start(|request| match request.path.as_str() {
        "/v2/" => ok(b"{}"),
        _ => ok(&manifest("x")),
    })
    .await;
    let client = client();
    for _ in 0..5 {
        resolve(&client, &server.reference("a:t")).await.unwrap();
    }
    // The registry is looked for once, then each image costs one request.
    assert_eq!(server.requests().len(), 5);
    assert_eq!(server.connections(), 2, "one that tried TLS, one for all");
}
