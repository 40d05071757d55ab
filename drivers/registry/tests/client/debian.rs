//! Debian's docker-registry on loopback, filled by skopeo, plain and encrypted.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use palan_model::ErrorKind;
use palan_model::oci::media_type;
use palan_registry::RegistryClient;
use tokio::net::{TcpListener, TcpStream};

use crate::server::{descriptor, digest};
use crate::{client, config, read, resolve};

/// A registry that ends with the test.
struct Debian {
    child: Child,
    address: String,
    root: tempfile::TempDir,
}

impl Drop for Debian {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn installed(program: &str) -> bool {
    let found = Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if found.is_err() {
        eprintln!("SKIPPED: {program} is not installed (cargo xtask setup)");
    }
    found.is_ok()
}

fn run(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {text}");
}

impl Debian {
    /// Starts it; none when it is not installed.
    async fn start(encrypted: bool) -> Option<Self> {
        if !installed("docker-registry") || !installed("skopeo") {
            return None;
        }
        let root = tempfile::tempdir().unwrap();
        // The port is free now; nobody else takes it in the moment until the registry does.
        let port = TcpListener::bind("127.0.0.1:0")
            .await
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let address = format!("127.0.0.1:{port}");
        let storage = root.path().join("storage");
        let mut settings = format!(
            "version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {}}}}}\n\
             http:\n  addr: {address}\n",
            storage.display()
        );
        if encrypted {
            let (key, certificate) = certificate(root.path());
            settings.push_str(&format!(
                "  tls: {{certificate: {certificate}, key: {key}}}\n"
            ));
        }
        let file = root.path().join("config.yml");
        fs::write(&file, settings).unwrap();
        let child = Command::new("docker-registry")
            .arg("serve")
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let registry = Self {
            child,
            address,
            root,
        };
        registry.wait().await;
        Some(registry)
    }

    async fn wait(&self) {
        for _ in 0..600 {
            if TcpStream::connect(&self.address).await.is_ok() {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("the registry does not listen on {}", self.address);
    }

    fn push(&self, image: &str, name: &str) -> String {
        let reference = format!("{}/{name}", self.address);
        let target = format!("docker://{reference}");
        run(
            "skopeo",
            &[
                "copy",
                "-q",
                "--all",
                "--preserve-digests",
                "--dest-tls-verify=false",
                image,
                &target,
            ],
        );
        reference
    }
}

fn certificate(root: &Path) -> (String, String) {
    let path = |name: &str| root.join(name).display().to_string();
    let (key, certificate) = (path("key.pem"), path("certificate.pem"));
    run(
        "openssl",
        &[
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-keyout",
            &key,
            "-out",
            &certificate,
        ],
    );
    (key, certificate)
}

/// An OCI layout with one image of one layer, `layer` being its bytes.
fn layout(root: &Path, layer: &[u8]) -> String {
    let folder = root.join("layout");
    let blobs = folder.join("blobs/sha256");
    fs::create_dir_all(&blobs).unwrap();
    let store = |kind: &str, bytes: &[u8]| {
        fs::write(blobs.join(digest(bytes).hex()), bytes).unwrap();
        serde_json::to_value(descriptor(kind, bytes)).unwrap()
    };
    let json = |value: serde_json::Value| value.to_string().into_bytes();
    let layer_entry = store(media_type::OCI_LAYER, layer);
    let rootfs = serde_json::json!({"type": "layers", "diff_ids": [digest(layer)]});
    let config = serde_json::json!({"architecture": "amd64", "os": "linux", "rootfs": rootfs});
    let config = store(media_type::OCI_CONFIG, &json(config));
    let manifest = serde_json::json!({"schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST,
        "config": config, "layers": [layer_entry]});
    let mut manifest = store(media_type::OCI_MANIFEST, &json(manifest));
    manifest["platform"] = serde_json::json!({"os": "linux", "architecture": "amd64"});
    let index = serde_json::json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX,
        "manifests": [manifest]});
    let mut top = store(media_type::OCI_INDEX, &json(index));
    top["annotations"] = serde_json::json!({"org.opencontainers.image.ref.name": "t"});
    let top = serde_json::json!({"schemaVersion": 2, "manifests": [top]});
    fs::write(folder.join("index.json"), json(top)).unwrap();
    fs::write(
        folder.join("oci-layout"),
        r#"{"imageLayoutVersion":"1.0.0"}"#,
    )
    .unwrap();
    format!("oci:{}:t", folder.display())
}

/// An empty tar, as large as wanted.
fn layer() -> Vec<u8> {
    vec![0; 1 << 20]
}

async fn pull(client: &RegistryClient, reference: &str) {
    let found = resolve(client, reference).await.unwrap();
    assert!(found.index.is_some());
    assert_eq!(found.layers.len(), 1);
    let (config, error) = read(client, reference, &found.config, 0).await;
    assert_eq!(error, None);
    assert_eq!(digest(&config), found.config.digest);
    let (rest, error) = read(client, reference, &found.layers[0], 1_000_000).await;
    assert_eq!(error, None);
    assert!(rest == layer()[1_000_000..]);
    let pinned = reference.rsplit_once(':').unwrap().0;
    let pinned = format!("{pinned}@{}", found.digest);
    assert_eq!(resolve(client, &pinned).await.unwrap().digest, found.digest);
}

#[tokio::test]
async fn images_come_from_debians_registry() {
    let Some(registry) = Debian::start(false).await else {
        return;
    };
    let image = layout(registry.root.path(), &layer());
    let reference = registry.push(&image, "some/image:t");
    pull(&client(), &reference).await;
    for missing in ["some/image:nosuch", "nosuch:latest"] {
        let reference = format!("{}/{missing}", registry.address);
        let error = resolve(&client(), &reference).await.unwrap_err();
        let wanted =
            format!("manifest for {reference} not found: manifest unknown: manifest unknown");
        assert_eq!(
            (error.to_string(), error.kind()),
            (wanted, ErrorKind::NotFound)
        );
    }
}

#[tokio::test]
async fn images_come_over_tls() {
    if !installed("openssl") {
        return;
    }
    let Some(registry) = Debian::start(true).await else {
        return;
    };
    let image = layout(registry.root.path(), &layer());
    let reference = registry.push(&image, "a:t");
    // Loopback may be insecure: nobody vouches for this certificate.
    pull(&client(), &reference).await;
}

#[tokio::test]
async fn a_registry_that_must_be_secure_needs_a_trusted_certificate() {
    if !installed("openssl") {
        return;
    }
    let Some(registry) = Debian::start(true).await else {
        return;
    };
    // A name of this host that is not known to be loopback.
    let Some(name) = own_name() else {
        eprintln!("SKIPPED: this host's name does not lead to a loopback address");
        return;
    };
    let port = registry.address.rsplit_once(':').unwrap().1;
    let error = resolve(&client(), &format!("{name}:{port}/a:t"))
        .await
        .unwrap_err();
    let wanted = "x509: certificate signed by unknown authority";
    assert!(error.to_string().contains(wanted), "{error}");
    let mut config = config();
    config.insecure_registries.push(format!("{name}:{port}"));
    let error = resolve(&RegistryClient::new(config), &format!("{name}:{port}/a:t")).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::NotFound);
}

/// A name other than `localhost` that `/etc/hosts` gives to 127.0.0.1, where the registry listens.
fn own_name() -> Option<String> {
    let hosts = fs::read_to_string("/etc/hosts").ok()?;
    let mut names = hosts
        .lines()
        .filter_map(|line| line.trim().strip_prefix("127.0.0.1"))
        .flat_map(str::split_whitespace);
    names
        .find(|name| !name.ends_with("localhost"))
        .map(str::to_owned)
}
