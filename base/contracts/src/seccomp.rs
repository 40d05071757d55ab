//! System call filters.

use std::path::PathBuf;

use async_trait::async_trait;

use crate::Result;

/// Compiles system call filters into programs for the kernel.
#[async_trait]
pub trait SeccompCompiler: Send + Sync + 'static {
    /// A file with the compiled program of a profile for a process with these capabilities
    /// (`CAP_..`). `profile` is JSON in Docker's format; none is the built-in default profile.
    /// Programs are compiled once and cached.
    ///
    /// # Errors
    /// `InvalidParameter` when the profile is malformed.
    async fn program(&self, profile: Option<&str>, capabilities: &[String]) -> Result<PathBuf>;
}
