//! Builds image archives.

use palan_model::oci::media_type;
use palan_model::platform::Platform;
use serde_json::{Value, json};

use crate::archive::Archive;
use crate::layers::digest;

pub fn config(layers: &[Vec<u8>]) -> Vec<u8> {
    let diff_ids: Vec<_> = layers
        .iter()
        .map(|layer| digest(layer).to_string())
        .collect();
    let host = Platform::host();
    let document = json!({
        "architecture": host.architecture, "os": host.os, "config": {"Cmd": ["sh"]},
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
    });
    document.to_string().into_bytes()
}

/// A docker-archive of one image.
pub fn docker(tags: &[&str], layers: &[Vec<u8>]) -> Archive {
    let config = config(layers);
    let config_name = format!("{}.json", digest(&config).hex());
    let names: Vec<_> = (0..layers.len())
        .map(|n| format!("{n}/layer.tar"))
        .collect();
    let manifest = json!([{"Config": config_name, "RepoTags": tags, "Layers": names}]);
    let mut archive = Archive::new().file("manifest.json", manifest.to_string());
    for (name, layer) in names.iter().zip(layers) {
        archive = archive.file(name, layer);
    }
    archive.file(config_name, config)
}

/// The parts of an OCI layout.
#[derive(Default)]
pub struct Layout {
    pub archive: Archive,
    pub manifests: Vec<Value>,
}

impl Layout {
    pub fn blob(&mut self, media_type: &str, bytes: &[u8]) -> Value {
        let id = digest(bytes);
        let archive = std::mem::take(&mut self.archive);
        self.archive = archive.file(format!("blobs/sha256/{}", id.hex()), bytes);
        json!({"mediaType": media_type, "digest": id.to_string(), "size": bytes.len()})
    }

    /// Adds an image; `layers` are pairs of a blob and its uncompressed bytes.
    pub fn image(&mut self, layers: &[(Vec<u8>, Vec<u8>)]) -> Value {
        let plain: Vec<_> = layers.iter().map(|(_, plain)| plain.clone()).collect();
        let config = self.blob(media_type::OCI_CONFIG, &config(&plain));
        let layers: Vec<_> = layers
            .iter()
            .map(|(blob, _)| self.blob(media_type::OCI_LAYER_GZIP, blob))
            .collect();
        let manifest = json!({"schemaVersion": 2, "config": config, "layers": layers});
        self.blob(media_type::OCI_MANIFEST, manifest.to_string().as_bytes())
    }

    pub fn index(&mut self, manifests: &[Value]) -> Value {
        let index = json!({"schemaVersion": 2, "manifests": manifests});
        self.blob(media_type::OCI_INDEX, index.to_string().as_bytes())
    }

    pub fn finish(self) -> Archive {
        let index = json!({"schemaVersion": 2, "manifests": self.manifests});
        let archive = self
            .archive
            .file("oci-layout", r#"{"imageLayoutVersion":"1.0.0"}"#);
        archive.file("index.json", index.to_string())
    }
}

/// A descriptor with a name.
pub fn named(mut descriptor: Value, key: &str, name: &str) -> Value {
    descriptor["annotations"][key] = name.into();
    descriptor
}

pub fn for_platform(mut descriptor: Value, os: &str, architecture: &str) -> Value {
    descriptor["platform"] = json!({"os": os, "architecture": architecture});
    descriptor
}
