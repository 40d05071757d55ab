//! The client that the engine is given.

use std::sync::Arc;

use async_trait::async_trait;
use palan_contracts::{ByteReader, Registry, ResolvedImage, Result};
use palan_model::Reference;
use palan_model::oci::Descriptor;
use palan_model::platform::Platform;

use crate::config::RegistryConfig;
use crate::session::Sessions;
use crate::{blob, resolve};

/// Pulls from any registry. Cheap to clone; clones share connections and tokens.
#[derive(Clone)]
pub struct RegistryClient {
    sessions: Arc<Sessions>,
}

impl RegistryClient {
    /// A client that has connected to nothing yet.
    #[must_use]
    pub fn new(config: RegistryConfig) -> Self {
        Self {
            sessions: Arc::new(Sessions::new(config)),
        }
    }
}

#[async_trait]
impl Registry for RegistryClient {
    async fn resolve(&self, reference: &Reference, platform: &Platform) -> Result<ResolvedImage> {
        Ok(resolve::resolve(&self.sessions, reference, platform).await?)
    }

    async fn fetch(
        &self,
        reference: &Reference,
        blob: &Descriptor,
        offset: u64,
    ) -> Result<ByteReader> {
        Ok(blob::open(
            self.sessions.clone(),
            reference.clone(),
            blob.clone(),
            offset,
        )
        .await?)
    }
}
