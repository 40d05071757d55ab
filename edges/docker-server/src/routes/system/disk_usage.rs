//! `GET /system/df`.

use std::collections::BTreeMap;

use http::StatusCode;
use palan_docker_api::container::ContainerSummary;
use palan_docker_api::system::DiskUsage;
use palan_docker_api::volume::{UsageData, Volume};
use palan_engine::Filters;
use palan_engine::containers::ContainerQuery;
use palan_engine::images::{ImageQuery, ImageView};

use crate::failure::Failure;
use crate::request::Call;
use crate::response::{Answer, json};
use crate::views::{self, Shared, Viewer, image_summary, wide};

pub(in crate::routes) async fn call(call: &Call) -> Result<Answer, Failure> {
    let viewer = Viewer::new(call.version, &call.engine);
    let types: Vec<_> = call.query.all("type").collect();
    let wanted = |name: &str| types.is_empty() || types.contains(&name);
    let images = call.engine.images.list(&ImageQuery::default())?;
    let shared = Shared::among(&images);
    let mut usage = DiskUsage {
        layers_size: layers_size(&images),
        builder_size: (!viewer.since(42)).then_some(0),
        ..DiskUsage::default()
    };
    if wanted("image") {
        let summaries = images
            .iter()
            .map(|view| image_summary(&viewer, view, Some(&shared)));
        usage.images = Some(summaries.collect());
    }
    if wanted("container") {
        usage.containers = Some(containers(call, &viewer).await?);
    }
    if wanted("volume") {
        usage.volumes = Some(volumes(call, &viewer).await?);
    }
    if wanted("build-cache") {
        usage.build_cache = Some(Vec::new());
    }
    Ok(json(StatusCode::OK, &usage).into())
}

/// Bytes of all layers, each counted once.
fn layers_size(images: &[ImageView]) -> i64 {
    let layers = images.iter().flat_map(|view| &view.record.layers);
    let sizes: BTreeMap<_, _> = layers.map(|layer| (&layer.chain_id, layer.size)).collect();
    wide(sizes.values().sum::<u64>())
}

async fn containers(call: &Call, viewer: &Viewer<'_>) -> Result<Vec<ContainerSummary>, Failure> {
    let query = ContainerQuery {
        all: true,
        size: true,
        ..ContainerQuery::default()
    };
    let views = call.engine.containers.list(&query).await?;
    Ok(views
        .iter()
        .map(|view| views::container_summary(viewer, view))
        .collect())
}

async fn volumes(call: &Call, viewer: &Viewer<'_>) -> Result<Vec<Volume>, Failure> {
    let store = &call.engine.volumes;
    let mut list = Vec::new();
    for record in store.list(&Filters::new())? {
        let mut volume = views::volume(viewer, &record);
        volume.usage_data = Some(UsageData {
            ref_count: wide(store.user_count(&record.name)),
            size: wide(store.usage(&record.name).await?),
        });
        list.push(volume);
    }
    Ok(list)
}
