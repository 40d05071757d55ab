//! Images.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use palan_docker_api::container::{ContainerConfig, GraphDriver};
use palan_docker_api::image::{
    ImageDeleteItem, ImageHistoryItem, ImageInspect, ImageMetadata, ImageSummary, RootFs,
};
use palan_docker_api::time::rfc3339_nano;
use palan_engine::images::{HistoryLine, ImageView, Removal};
use palan_model::{ChainId, ImageRecord, Reference};

use super::container_inspect::STORAGE_DRIVER;
use super::{Viewer, image_config, null_if_empty, wide};

/// Which layers several images have, for `SharedSize`.
pub(crate) struct Shared(BTreeSet<ChainId>);

impl Shared {
    /// Looks through all images.
    pub(crate) fn among(images: &[ImageView]) -> Self {
        let mut seen = BTreeSet::new();
        let mut shared = BTreeSet::new();
        for layer in images.iter().flat_map(|view| &view.record.layers) {
            if !seen.insert(layer.chain_id.clone()) {
                shared.insert(layer.chain_id.clone());
            }
        }
        Self(shared)
    }

    fn size(&self, image: &ImageRecord) -> u64 {
        let shared = image
            .layers
            .iter()
            .filter(|layer| self.0.contains(&layer.chain_id));
        shared.map(|layer| layer.size).sum()
    }
}

/// Writes one image of a list. What is costly is only computed when `shared` is given.
pub(crate) fn image_summary(
    viewer: &Viewer<'_>,
    view: &ImageView,
    shared: Option<&Shared>,
) -> ImageSummary {
    let record = &view.record;
    let (tags, digests) = names(viewer, record);
    let labels = record.config.as_ref().map(|config| &config.labels);
    ImageSummary {
        containers: if shared.is_some() {
            wide(view.containers)
        } else {
            -1
        },
        created: record.created.map_or(0, |created| created.as_second()),
        id: record.id.to_string(),
        labels: labels.filter(|labels| !labels.is_empty()).cloned(),
        parent_id: String::new(),
        repo_digests: digests,
        repo_tags: tags,
        shared_size: shared.map_or(-1, |shared| wide(shared.size(record))),
        size: wide(record.size()),
        virtual_size: if viewer.since(44) {
            0
        } else {
            wide(record.size())
        },
    }
}

fn familiar(names: &[Reference]) -> Vec<String> {
    names.iter().map(Reference::familiar).collect()
}

/// Tags and digests. Before 1.43 an image without any had placeholders for names.
fn names(viewer: &Viewer<'_>, record: &ImageRecord) -> (Option<Vec<String>>, Option<Vec<String>>) {
    let (tags, digests) = (familiar(&record.tags), familiar(&record.digests));
    if viewer.since(43) {
        return (Some(tags), Some(digests));
    }
    if !tags.is_empty() {
        return (Some(tags), null_if_empty(&digests));
    }
    let repository = record
        .digests
        .first()
        .map_or("<none>".to_owned(), Reference::familiar_name);
    let tags = vec![format!("{repository}:<none>")];
    let digests = if digests.is_empty() {
        vec!["<none>@<none>".to_owned()]
    } else {
        digests
    };
    (Some(tags), Some(digests))
}

/// Writes everything about an image. `layers` are its directories, lowest first.
pub(crate) fn image_inspect(
    viewer: &Viewer<'_>,
    record: &ImageRecord,
    layers: &[PathBuf],
) -> ImageInspect {
    let defaults = record.config.clone().unwrap_or_default();
    let made_here = (!viewer.since(45)).then(ContainerConfig::default);
    ImageInspect {
        id: record.id.to_string(),
        repo_tags: familiar(&record.tags),
        repo_digests: familiar(&record.digests),
        parent: String::new(),
        comment: record.comment.clone(),
        created: match record.created {
            None if viewer.since(44) => String::new(),
            created => rfc3339_nano(created),
        },
        container: made_here.as_ref().map(|_| String::new()),
        container_config: made_here.map(Box::new),
        docker_version: String::new(),
        author: record.author.clone(),
        config: Some(image_config::to_wire(viewer, &defaults)),
        architecture: record.architecture.clone(),
        variant: record.variant.clone(),
        os: record.os.clone(),
        os_version: String::new(),
        size: wide(record.size()),
        virtual_size: if viewer.since(44) {
            0
        } else {
            wide(record.size())
        },
        graph_driver: graph_driver(layers),
        root_fs: RootFs {
            kind: "layers".to_owned(),
            layers: record
                .layers
                .iter()
                .map(|layer| layer.diff_id.to_string())
                .collect(),
        },
        metadata: ImageMetadata {
            last_tag_time: rfc3339_nano(record.last_tagged),
        },
    }
}

fn graph_driver(layers: &[PathBuf]) -> GraphDriver {
    let texts: Vec<_> = layers
        .iter()
        .map(|path| path.to_string_lossy().into_owned())
        .collect();
    let mut data = BTreeMap::new();
    if let Some((top, below)) = texts.split_last() {
        data.insert("UpperDir".to_owned(), top.clone());
        if !below.is_empty() {
            let below: Vec<_> = below.iter().rev().cloned().collect();
            data.insert("LowerDir".to_owned(), below.join(":"));
        }
    }
    GraphDriver {
        data: Some(data),
        name: STORAGE_DRIVER.to_owned(),
    }
}

/// Writes one step of an image's history.
pub(crate) fn history_item(line: HistoryLine) -> ImageHistoryItem {
    ImageHistoryItem {
        comment: line.comment,
        created: line.created.map_or(0, |created| created.as_second()),
        created_by: line.created_by,
        id: line.id,
        size: wide(line.size),
        tags: null_if_empty(&line.tags),
    }
}

/// Writes one step of a removal.
pub(crate) fn removal(removal: Removal) -> ImageDeleteItem {
    match removal {
        Removal::Untagged(untagged) => ImageDeleteItem {
            untagged,
            ..Default::default()
        },
        Removal::Deleted(deleted) => ImageDeleteItem {
            deleted,
            ..Default::default()
        },
    }
}
