use proptest::prelude::*;

use super::*;

const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn read(content_type: &str, text: &str) -> Result<Document, RegistryError> {
    let reference: Reference = "127.0.0.1:5000/a:b".parse().unwrap();
    parse(&reference, content_type, text.as_bytes())
}

fn descriptor(media_type: &str) -> String {
    format!(r#"{{"mediaType":"{media_type}","digest":"{DIGEST}","size":3}}"#)
}

fn manifest(config: &str, layer: &str) -> String {
    let (config, layer) = (descriptor(config), descriptor(layer));
    format!(r#"{{"schemaVersion":2,"config":{config},"layers":[{layer}]}}"#)
}

fn entry(kind: &str, platform: Option<&str>) -> Descriptor {
    let mut entry: Descriptor = serde_json::from_str(&descriptor(kind)).unwrap();
    entry.platform = platform.map(|text| {
        let mut parts = text.split('/').map(str::to_owned);
        Platform {
            os: parts.next().unwrap(),
            architecture: parts.next().unwrap(),
            variant: parts.next(),
        }
    });
    entry
}

#[test]
fn documents_are_told_by_type_or_shape() {
    let image = manifest(media_type::OCI_CONFIG, media_type::OCI_LAYER_GZIP);
    for kind in [
        "",
        "application/json",
        "application/vnd.oci.image.manifest.v1+json; a=b",
    ] {
        assert!(
            matches!(read(kind, &image), Ok(Document::Manifest(_))),
            "{kind}"
        );
    }
    let index = format!(
        r#"{{"schemaVersion":2,"mediaType":"{}","manifests":[{},{{"digest":"sha512:12","size":1}},{{"digest":"{DIGEST}","size":1,"platform":{{"os":"linux"}}}}]}}"#,
        media_type::OCI_INDEX,
        descriptor(media_type::OCI_MANIFEST)
    );
    let Ok(Document::Index(entries)) = read("", &index) else {
        panic!("an index");
    };
    assert_eq!(entries.len(), 1, "unreadable entries are passed over");
}

#[test]
fn what_is_no_image_is_refused() {
    let both = format!(
        r#"{{"schemaVersion":2,"manifests":[],"config":{},"layers":[]}}"#,
        descriptor(media_type::OCI_CONFIG)
    );
    let image = manifest(media_type::OCI_CONFIG, media_type::OCI_LAYER);
    let chart = manifest(
        "application/vnd.cncf.helm.config.v1+json",
        media_type::OCI_LAYER,
    );
    let odd = manifest(media_type::OCI_CONFIG, "text/plain");
    for (kind, text, wanted) in [
        ("", "{", "malformed"),
        ("", "[]", "malformed"),
        ("", "{}", "schemaVersion"),
        ("", r#"{"schemaVersion":2}"#, "neither"),
        ("", &both, "both"),
        (media_type::OCI_INDEX, &image, "neither"),
        (
            "",
            &chart,
            "unsupported media type application/vnd.cncf.helm",
        ),
        ("", &odd, "unsupported media type text/plain"),
        ("", r#"{"schemaVersion":1,"fsLayers":[]}"#, "schema 1"),
        (SCHEMA_1[1], r#"{"schemaVersion":2}"#, "schema 1"),
    ] {
        let error = read(kind, text).unwrap_err();
        let text = error.to_string();
        assert!(text.contains(wanted), "{text}");
        assert_eq!(error.kind(), palan_model::ErrorKind::InvalidParameter);
    }
}

#[test]
fn the_best_entry_comes_first() {
    let platform = |text: &str| entry("", Some(text)).platform.unwrap();
    let entries = [
        entry(media_type::OCI_MANIFEST, None),
        entry(media_type::OCI_INDEX, None),
        entry(media_type::OCI_MANIFEST, Some("unknown/unknown")),
        entry(media_type::OCI_MANIFEST, Some("linux/arm64")),
        entry(media_type::OCI_MANIFEST, Some("linux/arm64/v8")),
        entry(media_type::OCI_MANIFEST, Some("linux/arm64/v9")),
        entry(media_type::OCI_MANIFEST, Some("linux/amd64")),
    ];
    let order = |wanted: &str| -> Vec<usize> {
        let found = candidates(&entries, &platform(wanted));
        let place = |entry: &&Descriptor| entries.iter().position(|e| std::ptr::eq(e, *entry));
        found.iter().filter_map(place).collect()
    };
    assert_eq!(order("linux/arm64/v8"), [4, 3, 1, 0]);
    assert_eq!(order("linux/amd64"), [6, 1, 0]);
    assert_eq!(order("linux/s390x"), [1, 0]);
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let reference: Reference = "a".parse().unwrap();
        let _ = parse(&reference, "", &bytes);
    }
}
