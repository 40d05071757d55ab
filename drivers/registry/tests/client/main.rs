//! The client against a server that misbehaves on demand, and against Debian's registry.
#![allow(clippy::unwrap_used, reason = "a panic fails the test")]

mod authorisation;
mod blobs;
mod debian;
mod manifests;
mod names;
mod redirects;
mod retries;
mod server;

use std::time::Duration;

use palan_contracts::{Registry, ResolvedImage, Result};
use palan_model::Reference;
use palan_model::oci::Descriptor;
use palan_model::platform::Platform;
use palan_registry::{RegistryClient, RegistryConfig, Timing};
use tokio::io::AsyncReadExt;

fn config() -> RegistryConfig {
    RegistryConfig {
        timing: Timing {
            connect: Duration::from_secs(10),
            response: Duration::from_secs(10),
            attempts: 3,
            backoff: Duration::from_millis(1),
            longest_backoff: Duration::from_millis(5),
        },
        ..RegistryConfig::default()
    }
}

fn client() -> RegistryClient {
    RegistryClient::new(config())
}

fn amd64() -> Platform {
    Platform {
        os: "linux".to_owned(),
        architecture: "amd64".to_owned(),
        variant: None,
    }
}

async fn resolve(client: &RegistryClient, reference: &str) -> Result<ResolvedImage> {
    let reference: Reference = reference.parse().unwrap();
    client.resolve(&reference, &amd64()).await
}

/// Reads a blob to its end; what was read before an error is returned too.
async fn read(
    client: &RegistryClient,
    reference: &str,
    blob: &Descriptor,
    offset: u64,
) -> (Vec<u8>, Option<String>) {
    let reference: Reference = reference.parse().unwrap();
    let mut bytes = Vec::new();
    match client.fetch(&reference, blob, offset).await {
        Ok(mut reader) => {
            let outcome = reader.read_to_end(&mut bytes).await;
            (bytes, outcome.err().map(|error| error.to_string()))
        }
        Err(error) => (bytes, Some(error.to_string())),
    }
}
