//! Volumes.

use palan_docker_api::time::rfc3339_seconds;
use palan_docker_api::volume::Volume;
use palan_model::volume::VolumeRecord;

use super::Viewer;

/// Marks volumes that were made without a name.
const ANONYMOUS: &str = "com.docker.volume.anonymous";

/// Writes a volume.
pub(crate) fn volume(viewer: &Viewer<'_>, record: &VolumeRecord) -> Volume {
    let mut labels = record.labels.clone();
    if record.anonymous && viewer.since(42) {
        labels.insert(ANONYMOUS.to_owned(), String::new());
    }
    Volume {
        created_at: rfc3339_seconds(record.created),
        driver: "local".to_owned(),
        labels: (!labels.is_empty()).then_some(labels),
        mountpoint: record.mountpoint.to_string_lossy().into_owned(),
        name: record.name.to_string(),
        options: (!record.options.is_empty()).then(|| record.options.clone()),
        scope: "local".to_owned(),
        usage_data: None,
    }
}
