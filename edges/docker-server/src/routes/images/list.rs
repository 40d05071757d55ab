//! `GET /images/json`.

use http::StatusCode;
use palan_engine::images::ImageQuery;

use crate::failure::Failure;
use crate::request::Call;
use crate::response::{Answer, json};
use crate::views::{Shared, Viewer, image_summary};

pub(in crate::routes) fn call(call: &Call) -> Result<Answer, Failure> {
    let views = call.engine.images.list(&ImageQuery {
        filters: call.query.filters()?,
    })?;
    let shared = if call.query.flag("shared-size") {
        Some(Shared::among(
            &call.engine.images.list(&ImageQuery::default())?,
        ))
    } else {
        None
    };
    let viewer = Viewer::new(call.version, &call.engine);
    let list: Vec<_> = views
        .iter()
        .map(|view| image_summary(&viewer, view, shared.as_ref()))
        .collect();
    Ok(json(StatusCode::OK, &list).into())
}
