//! The size of a container's terminal.

use super::Containers;
use crate::{Error, Result};

impl Containers {
    /// Sets rows and columns.
    ///
    /// # Errors
    /// When the container does not run.
    pub async fn resize(&self, name: &str, size: [u16; 2]) -> Result<()> {
        let record = self.find(name)?.record();
        if !record.state.phase.is_alive() {
            return Err(Error::Conflict(format!(
                "Container {} is not running",
                record.id
            )));
        }
        self.shared()
            .drivers
            .runtime
            .resize(&record.id, None, size)
            .await?;
        let [rows, columns] = size;
        let attributes = [("height", rows.to_string()), ("width", columns.to_string())];
        self.shared().event(&record, "resize", attributes);
        Ok(())
    }
}
