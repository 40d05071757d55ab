//! `GET /containers/json`.

use http::StatusCode;
use palan_engine::containers::ContainerQuery;

use crate::failure::Failure;
use crate::request::Call;
use crate::response::{Answer, json};
use crate::views::{Viewer, container_summary};

pub(in crate::routes) async fn call(call: &Call) -> Result<Answer, Failure> {
    let limit = call.query.number::<i64>("limit")?;
    let query = ContainerQuery {
        all: call.query.flag("all"),
        // 0 and negative numbers stand for no limit.
        limit: limit
            .and_then(|limit| usize::try_from(limit).ok())
            .filter(|limit| *limit > 0),
        size: call.query.flag("size"),
        filters: call.query.filters()?,
    };
    let views = call.engine.containers.list(&query).await?;
    let viewer = Viewer::new(call.version, &call.engine);
    let list: Vec<_> = views
        .iter()
        .map(|view| container_summary(&viewer, view))
        .collect();
    Ok(json(StatusCode::OK, &list).into())
}
