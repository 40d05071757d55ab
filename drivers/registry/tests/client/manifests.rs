//! Finding images: documents, platforms, errors in Docker's words.

use palan_contracts::Registry;
use palan_model::oci::{Descriptor, media_type};
use palan_model::{ErrorKind, Reference};

use crate::server::{Server, descriptor, digest, manifest, ok, problem, reply};
use crate::{amd64, client, resolve};

fn index(entries: &[(Descriptor, Option<&str>)]) -> Vec<u8> {
    let entry = |(descriptor, architecture): &(Descriptor, Option<&str>)| {
        let mut value = serde_json::to_value(descriptor).unwrap();
        if let Some(architecture) = architecture {
            value["platform"] = serde_json::json!({"os": "linux", "architecture": architecture});
        }
        value
    };
    let entries: Vec<_> = entries.iter().map(entry).collect();
    let kind = media_type::OCI_INDEX;
    let document = serde_json::json!({"schemaVersion": 2, "mediaType": kind, "manifests": entries});
    document.to_string().into_bytes()
}

/// Serves documents by tag or digest.
async fn serving(documents: Vec<(String, Vec<u8>)>) -> Server {
    Server::start(move |request| {
        if request.path == "/v2/" {
            return ok(b"{}");
        }
        let name = request
            .path
            .strip_prefix("/v2/a/manifests/")
            .unwrap_or_default();
        match documents.iter().find(|(key, _)| key == name) {
            Some((_, bytes)) => ok(bytes),
            None => problem("404 Not Found", "MANIFEST_UNKNOWN", "manifest unknown"),
        }
    })
    .await
}

fn by_digest(bytes: &[u8]) -> (String, Vec<u8>) {
    (digest(bytes).to_string(), bytes.to_vec())
}

#[tokio::test]
async fn the_platform_is_chosen_also_from_an_index_in_an_index() {
    let (wanted, other) = (manifest("amd64"), manifest("arm64"));
    let inner = index(&[
        (descriptor(media_type::OCI_MANIFEST, &other), Some("arm64")),
        (descriptor(media_type::OCI_MANIFEST, &wanted), Some("amd64")),
    ]);
    let outer = index(&[(descriptor(media_type::OCI_INDEX, &inner), None)]);
    let mut documents: Vec<_> = [&wanted, &other, &inner].map(|d| by_digest(d)).into();
    documents.push(("t".to_owned(), outer.clone()));
    let server = serving(documents).await;
    let found = resolve(&client(), &server.reference("a:t")).await.unwrap();
    assert_eq!(found.digest, digest(&outer));
    assert_eq!(found.index.unwrap(), outer);
    assert_eq!(found.manifest_digest, digest(&wanted));
    assert_eq!(found.manifest, wanted);
    assert_eq!(found.config.digest, digest(b"amd64"));
    let accept = server.requests()[0].header("accept").unwrap().to_owned();
    assert!(accept.contains(media_type::OCI_INDEX) && accept.contains(media_type::DOCKER_LIST));

    let reference: Reference = server.reference("a:t").parse().unwrap();
    let mut platform = amd64();
    platform.architecture = "s390x".to_owned();
    let error = client().resolve(&reference, &platform).await.unwrap_err();
    let wanted = "no matching manifest for linux/s390x in the manifest list entries";
    assert_eq!(error.to_string(), wanted);
    assert_eq!(error.kind(), ErrorKind::NotImplemented);
}

#[tokio::test]
async fn a_manifest_is_found_by_digest_and_is_latest_by_default() {
    let document = manifest("x");
    let server = serving(vec![
        ("latest".to_owned(), document.clone()),
        by_digest(&document),
    ])
    .await;
    for rest in ["a".to_owned(), format!("a@{}", digest(&document))] {
        let found = resolve(&client(), &server.reference(&rest)).await.unwrap();
        assert_eq!(found.digest, digest(&document));
        assert_eq!(found.manifest_digest, found.digest);
        assert!(found.index.is_none());
    }
}

#[tokio::test]
async fn indexes_of_indexes_without_end_are_left() {
    // Each index names more indexes than the client will ever look at.
    let leaf = manifest("x");
    let mut documents = Vec::new();
    let mut below = index(&[(descriptor(media_type::OCI_MANIFEST, &leaf), Some("arm64"))]);
    for _ in 0..20 {
        documents.push(by_digest(&below));
        below = index(&[(descriptor(media_type::OCI_INDEX, &below), None)]);
    }
    documents.push(("t".to_owned(), below));
    let server = serving(documents).await;
    let error = resolve(&client(), &server.reference("a:t"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotImplemented);
    assert!(server.requests().len() <= 10, "{}", server.requests().len());
}

#[tokio::test]
async fn a_wrong_digest_is_refused() {
    let document = manifest("x");
    let wrong = digest(b"something else");
    let server = serving(vec![(wrong.to_string(), document.clone())]).await;
    let reference = server.reference(&format!("a@{wrong}"));
    let error = resolve(&client(), &reference).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DataLoss);
    let wanted = format!("manifest verification failed for digest {wrong}");
    assert!(error.to_string().starts_with(&wanted), "{error}");

    let header = wrong.to_string();
    let server =
        Server::start(move |_| reply("200 OK", &[("Docker-Content-Digest", &header)], &document))
            .await;
    let error = resolve(&client(), &server.reference("a:t"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DataLoss);
}

#[tokio::test]
async fn an_oversized_manifest_is_not_kept() {
    let server = serving(vec![("t".to_owned(), vec![b' '; (4 << 20) + 1])]).await;
    let error = resolve(&client(), &server.reference("a:t"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidParameter);
    assert!(
        error.to_string().contains("larger than 4194304 bytes"),
        "{error}"
    );
}

#[tokio::test]
async fn refusals_have_the_words_of_docker() {
    let cases = [
        (
            "404 Not Found",
            "MANIFEST_UNKNOWN",
            "manifest unknown",
            ErrorKind::NotFound,
        ),
        (
            "404 Not Found",
            "NAME_UNKNOWN",
            "repository name not known to registry",
            ErrorKind::NotFound,
        ),
        ("403 Forbidden", "DENIED", "no", ErrorKind::NotFound),
        (
            "401 Unauthorized",
            "UNAUTHORIZED",
            "authentication required",
            ErrorKind::Unauthorized,
        ),
        (
            "400 Bad Request",
            "TAG_INVALID",
            "manifest tag did not match URI",
            ErrorKind::InvalidParameter,
        ),
    ];
    for (status, code, message, kind) in cases {
        let server = Server::start(move |request| match request.path.as_str() {
            "/v2/" => ok(b"{}"),
            _ => problem(status, code, message),
        })
        .await;
        let error = resolve(&client(), &server.reference("a:t"))
            .await
            .unwrap_err();
        let name = server.reference("a");
        let text = format!("{}: {message}", code.to_lowercase().replace('_', " "));
        let wanted = match code {
            "MANIFEST_UNKNOWN" => format!("manifest for {name}:t not found: {text}"),
            "NAME_UNKNOWN" => format!("repository {name} not found: {text}"),
            "DENIED" => format!(
                "pull access denied for {name}, repository does not exist or may require 'docker login': {text}"
            ),
            _ => text,
        };
        assert_eq!((error.to_string(), error.kind()), (wanted, kind));
    }
}

#[tokio::test]
async fn nobody_listens() {
    let error = resolve(&client(), "127.0.0.1:1/foo:x").await.unwrap_err();
    let wanted =
        r#"Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused"#;
    assert_eq!(error.to_string(), wanted);
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

/// Names below `invalid` never exist (RFC 6761, section 6.4), with or without a name server.
#[tokio::test]
async fn nobody_has_that_name() {
    let error = resolve(&client(), "registry.invalid/foo:x")
        .await
        .unwrap_err();
    let wanted = r#"Get "https://registry.invalid/v2/": dial tcp: lookup registry.invalid: "#;
    assert!(error.to_string().starts_with(wanted), "{error}");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}
