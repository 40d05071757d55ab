//! Makes the image `palan/hello:latest` from one program: an OCI layout that is a docker-archive
//! too, as `docker save` writes it. The same program gives the same bytes, so the image has one
//! identifier wherever it is built.

use crate::hex;

/// When the image says it was made, and its files were changed: RFC 3339 and Unix seconds.
const CREATED: (&str, u64) = ("2026-11-01T00:00:00Z", 1_793_491_200);

/// The image and the digest of its configuration, in hexadecimal.
pub struct Image {
    pub archive: Vec<u8>,
    pub id: String,
}

pub fn build(program: &[u8], architecture: &str) -> Image {
    let mut layer = Tar::default();
    layer.file("hello", 0o755, program);
    let layer = layer.finish();
    let config = config(&hex(&layer), architecture);
    let manifest = manifest(&config, &layer);
    let (id, layer_hex, manifest_hex) = (
        hex(config.as_bytes()),
        hex(&layer),
        hex(manifest.as_bytes()),
    );
    let mut archive = Tar::default();
    archive.file("oci-layout", 0o644, br#"{"imageLayoutVersion":"1.0.0"}"#);
    archive.file("index.json", 0o644, index(&manifest).as_bytes());
    let entry = format!(
        r#"[{{"Config":"blobs/sha256/{id}","RepoTags":["palan/hello:latest"],"Layers":["blobs/sha256/{layer_hex}"]}}]"#
    );
    archive.file("manifest.json", 0o644, entry.as_bytes());
    archive.file(&format!("blobs/sha256/{id}"), 0o644, config.as_bytes());
    archive.file(
        &format!("blobs/sha256/{manifest_hex}"),
        0o644,
        manifest.as_bytes(),
    );
    archive.file(&format!("blobs/sha256/{layer_hex}"), 0o644, &layer);
    Image {
        archive: archive.finish(),
        id,
    }
}

/// OCI image specification, `config.md`.
fn config(diff_id: &str, architecture: &str) -> String {
    let architecture = match architecture {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    let created = CREATED.0;
    let version = env!("CARGO_PKG_VERSION");
    format!(
        r#"{{"created":"{created}","author":"Palan","architecture":"{architecture}","os":"linux","config":{{"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],"Cmd":["/hello"],"WorkingDir":"/","Labels":{{"org.opencontainers.image.description":"Shows what a container sees","org.opencontainers.image.licenses":"Apache-2.0","org.opencontainers.image.title":"palan/hello","org.opencontainers.image.version":"{version}"}}}},"rootfs":{{"type":"layers","diff_ids":["sha256:{diff_id}"]}},"history":[{{"created":"{created}","created_by":"COPY palan-hello /hello"}},{{"created":"{created}","created_by":"CMD [\"/hello\"]","empty_layer":true}}]}}"#
    )
}

/// OCI image specification, `manifest.md`.
fn manifest(config: &str, layer: &[u8]) -> String {
    let descriptor = |kind: &str, bytes: &[u8]| {
        format!(
            r#"{{"mediaType":"application/vnd.oci.image.{kind}","digest":"sha256:{}","size":{}}}"#,
            hex(bytes),
            bytes.len()
        )
    };
    format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{},"layers":[{}]}}"#,
        descriptor("config.v1+json", config.as_bytes()),
        descriptor("layer.v1.tar", layer)
    )
}

/// OCI image specification, `image-index.md`, with containerd's annotation for the full name.
fn index(manifest: &str) -> String {
    format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:{}","size":{},"annotations":{{"io.containerd.image.name":"docker.io/palan/hello:latest","org.opencontainers.image.ref.name":"latest"}}}}]}}"#,
        hex(manifest.as_bytes()),
        manifest.len()
    )
}

/// Writes regular files of root as POSIX ustar (`pax(1)`, "ustar Interchange Format").
#[derive(Default)]
struct Tar(Vec<u8>);

impl Tar {
    const BLOCK: usize = 512;

    fn file(&mut self, name: &str, mode: u32, contents: &[u8]) {
        assert!(name.len() <= 100, "the name field holds 100 bytes");
        let mut header = [0u8; Self::BLOCK];
        let mut put = |at: usize, text: &str| {
            header[at..at + text.len()].copy_from_slice(text.as_bytes());
        };
        put(0, name);
        put(100, &format!("{mode:07o}"));
        put(108, "0000000");
        put(116, "0000000");
        put(124, &format!("{:011o}", contents.len()));
        put(136, &format!("{:011o}", CREATED.1));
        // The sum is taken with blanks in its own place.
        put(148, "        ");
        put(156, "0");
        put(257, "ustar\x0000");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        self.0.extend_from_slice(&header);
        self.0.extend_from_slice(contents);
        self.0.resize(self.0.len().next_multiple_of(Self::BLOCK), 0);
    }

    fn finish(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 2 * Self::BLOCK, 0);
        self.0
    }
}
