//! Operating system and processor of an image (OCI image index, `platform`).

use serde::{Deserialize, Serialize};

/// A platform in OCI's words, for example `linux`, `arm64`, variant `v8`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Platform {
    /// `linux` and so on, as Go's GOOS.
    pub os: String,
    /// `amd64`, `arm64` and so on, as Go's GOARCH.
    pub architecture: String,
    /// Processor variant, for example `v7`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

impl Platform {
    /// The platform this program runs on.
    #[must_use]
    pub fn host() -> Self {
        let (architecture, variant) = match std::env::consts::ARCH {
            "x86_64" => ("amd64", None),
            "aarch64" => ("arm64", Some("v8".to_owned())),
            "x86" => ("386", None),
            other => (other, None),
        };
        Self {
            os: "linux".to_owned(),
            architecture: architecture.to_owned(),
            variant,
        }
    }

    /// Whether an image for `other` runs on this platform. A missing variant matches any.
    #[must_use]
    pub fn accepts(&self, other: &Platform) -> bool {
        self.os == other.os
            && self.architecture == other.architecture
            && match (&self.variant, &other.variant) {
                (Some(mine), Some(theirs)) => mine == theirs,
                _ => true,
            }
    }
}
