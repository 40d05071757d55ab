//! Compiled system call filters: one file for each program, made when it is first needed.
//!
//! The runner loads the file as it is, so nothing is compiled when a container starts. Files of equal
//! programs are the same file.

use std::collections::HashMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use palan_contracts::{Error, Result, SeccompCompiler};
use palan_model::ErrorKind;
use palan_seccomp::Profile;

use crate::RuntimeError;

/// A profile, none for Docker's default, and the capabilities of the process.
type Key = (Option<String>, Vec<String>);

/// Compiles filters into files of one directory.
#[derive(Debug)]
pub struct CompiledFilters {
    directory: PathBuf,
    known: Mutex<HashMap<Key, PathBuf>>,
}

impl CompiledFilters {
    /// Keeps the files in this directory, which is made when it is needed.
    #[must_use]
    pub fn new(directory: PathBuf) -> Self {
        Self {
            directory,
            known: Mutex::default(),
        }
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Key, PathBuf>> {
        // A file is entered only when it is complete, so a panic leaves nothing half done.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn compile(&self, (profile, capabilities): &Key) -> Result<PathBuf> {
        let profile = match profile {
            None => Profile::docker_default(),
            Some(json) => Profile::from_json(json).map_err(invalid)?,
        };
        let program = palan_seccomp::compile(&profile, capabilities)
            .map_err(invalid)?
            .bytes();
        let mut hasher = DefaultHasher::new();
        program.hash(&mut hasher);
        let path = self.directory.join(format!("{:016x}.bpf", hasher.finish()));
        self.write(&path, &program)?;
        Ok(path)
    }

    /// Atomically: a runner may be reading an earlier engine's file of this name.
    fn write(&self, path: &Path, program: &[u8]) -> Result<()> {
        let failed = |source| RuntimeError::file("write", path, source);
        fs::create_dir_all(&self.directory).map_err(failed)?;
        let unfinished = path.with_extension("tmp");
        fs::write(&unfinished, program).map_err(failed)?;
        fs::rename(&unfinished, path).map_err(failed)?;
        Ok(())
    }
}

/// The next engine compiles what it needs; a runner reads its file before its engine hears of the
/// start.
impl Drop for CompiledFilters {
    fn drop(&mut self) {
        // Files that stay are as small as they are harmless.
        let _ = fs::remove_dir_all(&self.directory);
    }
}

fn invalid(error: palan_seccomp::Error) -> Error {
    Error::new(ErrorKind::InvalidParameter, error)
}

#[async_trait]
impl SeccompCompiler for CompiledFilters {
    async fn program(&self, profile: Option<&str>, capabilities: &[String]) -> Result<PathBuf> {
        let key = (profile.map(str::to_owned), capabilities.to_vec());
        if let Some(path) = self.known().get(&key) {
            return Ok(path.clone());
        }
        let path = self.compile(&key)?;
        self.known().insert(key, path.clone());
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_filter_is_compiled_once_and_kept() {
        let directory = tempfile::tempdir().unwrap();
        let filters = CompiledFilters::new(directory.path().join("seccomp"));
        let capabilities = ["CAP_CHOWN".to_owned()];
        let first = filters.program(None, &capabilities).await.unwrap();
        let again = filters.program(None, &capabilities).await.unwrap();
        assert_eq!(first, again);
        let bytes = fs::read(&first).unwrap();
        assert!(!bytes.is_empty() && bytes.len() % 8 == 0);
        let other = filters
            .program(None, &["CAP_SYS_ADMIN".to_owned()])
            .await
            .unwrap();
        assert_ne!(first, other);
    }

    #[tokio::test]
    async fn a_bad_profile_is_the_clients_fault() {
        let directory = tempfile::tempdir().unwrap();
        let filters = CompiledFilters::new(directory.path().to_owned());
        let error = filters.program(Some("{"), &[]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidParameter);
    }
}
