//! Volumes.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::name::VolumeName;

/// A volume as stored. Only the `local` driver exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeRecord {
    /// Name.
    pub name: VolumeName,
    /// When it was created.
    pub created: Timestamp,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Options given to the driver.
    pub options: BTreeMap<String, String>,
    /// Directory of the host that holds its data.
    pub mountpoint: PathBuf,
    /// Made without a name, for one container.
    #[serde(default)]
    pub anonymous: bool,
}
