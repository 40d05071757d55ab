//! Stopping and starting again.

use super::index::Handle;
use super::stop::StopOptions;
use super::{Containers, is_removable};
use crate::task::to_completion;
use crate::{Error, Result};

impl Containers {
    /// Stops the container, if it runs, and starts it.
    ///
    /// # Errors
    /// As of stopping and starting.
    pub async fn restart(&self, name: &str, options: StopOptions) -> Result<()> {
        let handle = self.find(name)?;
        let containers = self.clone();
        to_completion(async move { containers.stop_and_start(handle, options).await }).await
    }

    async fn stop_and_start(&self, handle: Handle, options: StopOptions) -> Result<()> {
        if !is_removable(handle.record().state.phase) {
            match self.stop_and_wait(&handle, options, true).await {
                Ok(()) | Err(Error::NotRunning(_)) => {}
                Err(error) => return Err(error),
            }
        }
        match handle.ask(super::actor::Command::Start).await {
            Ok(()) | Err(Error::NotModified(_)) => {}
            Err(error) => return Err(error),
        }
        self.shared().event(&handle.record(), "restart", []);
        Ok(())
    }
}
