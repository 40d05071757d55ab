//! Image archives of every kind.

use std::fs;
use std::io::Write;
use std::sync::{Arc, Mutex};

use palan_contracts::{ContentStore, Error, LayerStore, LoadedImage, ProgressSink};
use palan_images::Limits;
use palan_model::platform::Platform;
use palan_model::{ErrorKind, parse_image_config};

use crate::archive::Archive;
use crate::fixtures::{Store, file, fixture, has, is_root, no_progress, reader, shell};
use crate::image::{Layout, docker, for_platform, named};
use crate::layers::digest;
use crate::tree::{assert_same, describe};

const NAME: &str = "io.containerd.image.name";
const REF_NAME: &str = "org.opencontainers.image.ref.name";

async fn load(store: &Store, archive: Vec<u8>) -> Result<Vec<LoadedImage>, Error> {
    store.images.load(reader(archive), no_progress()).await
}

fn layer(name: &str) -> Vec<u8> {
    Archive::new().file(name, name).finish()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn tags(image: &LoadedImage) -> Vec<String> {
    image.tags.iter().map(ToString::to_string).collect()
}

/// Refused, and nothing is left.
async fn refused(archive: Vec<u8>, kind: ErrorKind, words: &str) {
    let store = Store::with(Limits {
        document: 100_000,
        archive_entries: 1000,
        ..Limits::default()
    });
    let error = load(&store, archive).await.expect_err(words);
    assert!(
        error.chain().contains(words),
        "{:?} lacks {words:?}",
        error.chain()
    );
    assert_eq!(error.kind(), kind, "{}", error.chain());
    for directory in ["layers", "tmp", "ingest", "blobs/sha256"] {
        assert!(
            store.names(directory).is_empty(),
            "{directory} is not empty: {words}"
        );
    }
}

#[tokio::test]
async fn a_docker_archive() {
    let store = Store::new();
    let layers = [layer("bottom"), layer("top")];
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let sink: ProgressSink = {
        let seen = seen.clone();
        Arc::new(move |progress| {
            assert_eq!(progress.action, "Loading layer");
            seen.lock().unwrap().push(progress.id);
        })
    };
    let archive = docker(&["a/b:1", "c"], &layers).finish();
    let images = store.images.load(reader(archive), sink).await.unwrap();
    let [image] = &images[..] else {
        panic!("{images:?}")
    };
    assert_eq!(
        tags(image),
        ["docker.io/a/b:1", "docker.io/library/c:latest"]
    );
    assert_eq!(image.manifest, None);
    let config = store.images.read(&image.config, 10_000).await.unwrap();
    let config = parse_image_config(&config).unwrap();
    let diff_ids: Vec<_> = image
        .layers
        .iter()
        .map(|layer| layer.diff_id.clone())
        .collect();
    assert_eq!(config.diff_ids, diff_ids);
    assert_eq!(
        fs::read(store.files(&image.layers[1]).join("top")).unwrap(),
        b"top"
    );
    // Uncompressed layers are not kept twice.
    assert_eq!(
        (&image.layers[0].blob, store.names("blobs/sha256").len()),
        (&None, 1)
    );
    assert!(store.names("tmp").is_empty());
    let seen = seen.lock().unwrap();
    assert!(
        diff_ids
            .iter()
            .all(|id| seen.contains(&id.short().to_owned()))
    );
}

#[tokio::test]
async fn compressed_from_outside() {
    let plain = docker(&["x:1"], &[layer("a")]).finish();
    let zstd = zstd::encode_all(&plain[..], 1).unwrap();
    for archive in [gzip(&plain), zstd, gzip(&gzip(&plain)[..])]
        .into_iter()
        .take(2)
    {
        let store = Store::new();
        assert_eq!(load(&store, archive).await.unwrap().len(), 1);
    }
    refused(gzip(&gzip(&plain)), ErrorKind::InvalidParameter, "").await;
}

#[tokio::test]
async fn loading_again_changes_nothing() {
    let store = Store::new();
    let archive = docker(&["x:1"], &[layer("a"), layer("a"), layer("b")]).finish();
    let first = load(&store, archive.clone()).await.unwrap();
    let second = load(&store, archive).await.unwrap();
    assert_eq!(first[0].layers, second[0].layers);
    assert_eq!(store.names("layers").len(), 3);
}

#[tokio::test]
async fn several_images_share_layers() {
    let store = Store::new();
    let (a, b, c) = (layer("a"), layer("b"), layer("c"));
    let mut layout = Layout::default();
    for (name, own) in [("one:1", &b), ("two:2", &c), ("three:3", &b)] {
        let image = layout.image(&[(gzip(&a), a.clone()), (own.clone(), own.clone())]);
        layout.manifests.push(named(image, NAME, name));
    }
    let images = load(&store, layout.finish().finish()).await.unwrap();
    assert_eq!(images.len(), 2);
    assert_eq!(
        tags(&images[0]),
        ["docker.io/library/one:1", "docker.io/library/three:3"]
    );
    assert_eq!(store.names("layers").len(), 3);
    assert_eq!(images[0].layers[0], images[1].layers[0]);
    assert_eq!(images[0].layers[0].blob, Some(digest(&gzip(&a))));
    assert!(
        store
            .images
            .size(images[0].manifest.as_ref().unwrap())
            .await
            .unwrap()
            .is_some()
    );
}

/// Layers of old archives are links to each other.
#[tokio::test]
async fn layers_that_are_links() {
    let a = layer("a");
    let config = crate::image::config(&[a.clone(), a.clone(), a.clone()]);
    let manifest = r#"[{"Config":"c.json","RepoTags":null,"Layers":["1/layer.tar","2/layer.tar","3/layer.tar"]}]"#;
    let archive = Archive::new()
        .directory("1/")
        .symlink("2/layer.tar", "../1/layer.tar")
        .file("1/layer.tar", &a)
        .hard_link("3/layer.tar", "1/layer.tar")
        .file("c.json", config)
        .file("./manifest.json", manifest);
    let store = Store::new();
    let images = load(&store, archive.finish()).await.unwrap();
    assert_eq!(
        (images[0].layers.len(), store.names("layers").len()),
        (3, 3)
    );
    assert!(images[0].tags.is_empty());
}

#[tokio::test]
async fn names_of_oci_images() {
    let cases = [
        (NAME, "docker.io/library/x:1", vec!["docker.io/library/x:1"]),
        (
            REF_NAME,
            "127.0.0.1:5000/x/y",
            vec!["127.0.0.1:5000/x/y:latest"],
        ),
        (
            REF_NAME,
            "busybox:1.36",
            vec!["docker.io/library/busybox:1.36"],
        ),
        (REF_NAME, "latest", vec![]),
        (REF_NAME, "not/Valid", vec![]),
    ];
    for (key, name, expected) in cases {
        let mut layout = Layout::default();
        let image = layout.image(&[(layer("a"), layer("a"))]);
        layout.manifests.push(named(image, key, name));
        let images = load(&Store::new(), layout.finish().finish()).await.unwrap();
        assert_eq!(tags(&images[0]), expected, "{name}");
    }
}

#[tokio::test]
async fn the_image_for_this_host_is_chosen() {
    let host = Platform::host();
    let mut layout = Layout::default();
    let other = layout.image(&[(layer("other"), layer("other"))]);
    let mine = layout.image(&[(layer("mine"), layer("mine"))]);
    let mut attestation = for_platform(other.clone(), "unknown", "unknown");
    attestation["annotations"]["vnd.docker.reference.type"] = "attestation-manifest".into();
    let inner = layout.index(&[
        for_platform(other, "linux", "s390x"),
        attestation,
        for_platform(mine, "linux", &host.architecture),
    ]);
    let outer = layout.index(&[inner]);
    layout.manifests.push(named(outer, NAME, "multi:1"));
    let store = Store::new();
    let images = load(&store, layout.finish().finish()).await.unwrap();
    assert_eq!(images.len(), 1);
    assert!(store.files(&images[0].layers[0]).join("mine").exists());
    assert_eq!(store.names("layers").len(), 1);
}

#[tokio::test]
async fn images_for_other_hosts_are_not_found() {
    let mut layout = Layout::default();
    let other = layout.image(&[(layer("other"), layer("other"))]);
    let index = layout.index(&[for_platform(other.clone(), "linux", "s390x")]);
    layout.manifests.push(index);
    refused(
        layout.finish().finish(),
        ErrorKind::NotFound,
        "image index has no image for",
    )
    .await;
    let mut layout = Layout::default();
    layout
        .manifests
        .push(for_platform(other, "windows", "amd64"));
    refused(
        layout.finish().finish(),
        ErrorKind::NotFound,
        "image index has no image for",
    )
    .await;
}

#[tokio::test]
async fn archives_that_are_no_images() {
    let kind = ErrorKind::InvalidParameter;
    refused(
        layer("a"),
        kind,
        "neither a docker-archive nor an OCI archive",
    )
    .await;
    refused(
        Vec::new(),
        kind,
        "neither a docker-archive nor an OCI archive",
    )
    .await;
    let text = |manifest: &str| Archive::new().file("manifest.json", manifest).finish();
    refused(text("nonsense"), kind, "invalid document").await;
    let missing = text(r#"[{"Config":"c.json","Layers":[]}]"#);
    refused(missing, kind, r#"archive has no file "c.json""#).await;
    let outside = text(r#"[{"Config":"../../etc/passwd","Layers":[]}]"#);
    refused(outside, kind, "leads out of the layer").await;
    let device = Archive::new()
        .add(&crate::archive::Member::new(b'6', "pipe"))
        .finish();
    refused(device, kind, "does not belong in an image archive").await;
    let endless = Archive::new()
        .symlink("manifest.json", "m")
        .symlink("m", "manifest.json");
    refused(endless.finish(), kind, "archive has no file").await;
    let big = format!("[{}]", " ".repeat(200_000));
    refused(text(&big), kind, "more than 100000").await;
    let many = (0..1200).fold(Archive::new(), |a, n| a.file(format!("f{n}"), ""));
    refused(many.finish(), kind, "number of entries").await;
    let name = docker(&["Not A Name"], &[layer("a")]).finish();
    refused(name, kind, "invalid image name").await;
}

#[tokio::test]
async fn digests_that_do_not_match() {
    let (a, b) = (layer("a"), layer("b"));
    let mut archive = docker(&["x:1"], &[a.clone(), b.clone()]);
    let at = archive
        .0
        .windows(a.len())
        .position(|window| window == a)
        .unwrap();
    archive.0[at..at + b.len()].copy_from_slice(&b);
    refused(archive.finish(), ErrorKind::DataLoss, "wrong diff id").await;
    let mut layout = Layout::default();
    let image = layout.image(&[(a.clone(), a.clone())]);
    layout.manifests.push(image);
    let mut archive = layout.finish();
    let at = archive
        .0
        .windows(a.len())
        .position(|window| window == a)
        .unwrap();
    archive.0[at..at + b.len()].copy_from_slice(&b);
    refused(archive.finish(), ErrorKind::DataLoss, "verification failed").await;
    let mut layout = Layout::default();
    let image = layout.image(&[(gzip(&b), a.clone())]);
    layout.manifests.push(image);
    refused(
        layout.finish().finish(),
        ErrorKind::DataLoss,
        "wrong diff id",
    )
    .await;
}

#[tokio::test]
async fn a_hostile_layer_spoils_the_whole() {
    let evil = Archive::new().file("../../evil", "").finish();
    let archive = docker(&["x:1"], &[layer("good"), evil]).finish();
    refused(
        archive,
        ErrorKind::InvalidParameter,
        "leads out of the layer",
    )
    .await;
}

#[tokio::test]
async fn indexes_in_indexes_end() {
    let mut layout = Layout::default();
    let mut index = layout.image(&[(layer("a"), layer("a"))]);
    for _ in 0..10 {
        index = layout.index(&[index]);
    }
    layout.manifests.push(index);
    let kind = ErrorKind::InvalidParameter;
    refused(
        layout.finish().finish(),
        kind,
        "indexes are nested too deeply",
    )
    .await;
}

/// The same image as docker-archive, OCI with gzip, OCI with zstd.
#[tokio::test]
async fn fixtures_are_the_same_in_every_format() {
    let names = ["layers.docker.tar", "layers.oci.tar", "layers-zstd.oci.tar"];
    let mut first: Option<(Store, Vec<LoadedImage>)> = None;
    for name in names {
        let Some(path) = fixture(&format!("palan-test-{name}")) else {
            return;
        };
        let store = Store::new();
        let images = store
            .images
            .load(file(&path).await, no_progress())
            .await
            .unwrap();
        let Some((other, expected)) = &first else {
            first = Some((store, images));
            continue;
        };
        for (mine, theirs) in images[0].layers.iter().zip(&expected[0].layers) {
            assert_eq!((&mine.chain_id, mine.size), (&theirs.chain_id, theirs.size));
            let (mut mine, mut theirs) =
                (describe(&store.files(mine)), describe(&other.files(theirs)));
            // The archive does not name the root, and whiteouts have no times.
            for tree in [&mut mine, &mut theirs] {
                tree.remove(&b"."[..]);
                tree.values_mut()
                    .filter(|node| node.mode == 0o020_000)
                    .for_each(|node| node.modified = (0, 0));
            }
            assert_same(&mine, &theirs);
        }
        assert_eq!(images[0].config, expected[0].config);
    }
}

/// Every layer as GNU tar unpacks it.
#[tokio::test]
async fn fixtures_are_as_tar_sees_them() {
    if !is_root() || !has("tar") {
        return;
    }
    for name in ["busybox", "nginx", "redis"] {
        let Some(path) = fixture(&format!("{name}.docker.tar")) else {
            return;
        };
        let store = Store::new();
        let images = store
            .images
            .load(file(&path).await, no_progress())
            .await
            .unwrap();
        let work = tempfile::tempdir().unwrap();
        let at = work.path().display();
        shell(&format!("tar -C {at} -xf {}", path.display()));
        let manifest = fs::read(work.path().join("manifest.json")).unwrap();
        let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
        let tars = manifest[0]["Layers"].as_array().unwrap();
        for (layer, tar) in images[0].layers.iter().zip(tars) {
            let tar = tar.as_str().unwrap();
            let out = work.path().join("out");
            let extract = "tar --numeric-owner --xattrs --xattrs-include=* -xpf";
            shell(&format!(
                "cd {at} && rm -rf out && mkdir out && {extract} {tar} -C out"
            ));
            let (mut found, mut expected) = (describe(&store.files(layer)), describe(&out));
            // Whiteouts are overlayfs's here and files there; the root has no times of its own.
            found.remove(&b"."[..]);
            expected.remove(&b"."[..]);
            found.retain(|_, node| node.mode != 0o020_000);
            for node in found.values_mut() {
                node.xattrs.remove(&b"trusted.overlay.opaque"[..]);
            }
            expected.retain(|name, _| !String::from_utf8_lossy(name).contains(".wh."));
            assert_same(&found, &expected);
        }
    }
}

#[tokio::test]
async fn what_skopeo_writes() {
    let Some(path) = fixture("palan-test-layers.oci.tar") else {
        return;
    };
    if !has("skopeo") {
        return;
    }
    let store = Store::new();
    let expected = store
        .images
        .load(file(&path).await, no_progress())
        .await
        .unwrap();
    let work = tempfile::tempdir().unwrap();
    let to = |name: &str| work.path().join(name).display().to_string();
    let source = format!("oci-archive:{}", path.display());
    let targets = [
        (
            "docker.tar",
            format!("docker-archive:{}:x/y:1", to("docker.tar")),
            "",
        ),
        (
            "oci.tar",
            format!("oci-archive:{}:x/y:1", to("oci.tar")),
            "",
        ),
        (
            "zstd.tar",
            format!("oci-archive:{}:x/y:1", to("zstd.tar")),
            "--dest-compress-format zstd",
        ),
    ];
    for (name, target, options) in targets {
        shell(&format!(
            "skopeo --insecure-policy copy -q {options} {source} {target}"
        ));
        let store = Store::new();
        let path = work.path().join(name);
        let images = store.images.load(file(&path).await, no_progress()).await;
        let images = images.unwrap_or_else(|error| panic!("{name}: {}", error.chain()));
        assert_eq!(tags(&images[0]), ["docker.io/x/y:1"], "{name}");
        let chains = |images: &[LoadedImage]| {
            images[0]
                .layers
                .iter()
                .map(|layer| layer.chain_id.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(chains(&images), chains(&expected), "{name}");
    }
}
