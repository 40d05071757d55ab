//! `GET /networks`.

use http::StatusCode;
use palan_docker_api::ApiVersion;

use crate::failure::Failure;
use crate::request::Call;
use crate::response::{Answer, json};
use crate::views::{Viewer, network};

pub(in crate::routes) fn call(call: &Call) -> Result<Answer, Failure> {
    let views = call.engine.networks.list(&call.query.filters()?)?;
    let viewer = Viewer::new(call.version, &call.engine);
    let mut list: Vec<_> = views.iter().map(|view| network(&viewer, view)).collect();
    if call.version >= ApiVersion::v1(28) {
        // Since then a list does not tell the containers.
        list.iter_mut()
            .for_each(|network| network.containers.clear());
    }
    Ok(json(StatusCode::OK, &list).into())
}
