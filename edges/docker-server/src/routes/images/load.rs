//! `POST /images/load`.

use std::sync::Arc;

use palan_docker_api::progress::ProgressMessage;

use super::progress;
use crate::failure::Failure;
use crate::request::{Call, reader};
use crate::response::Answer;
use crate::views::ProgressFormat;

pub(in crate::routes) async fn call(call: Call) -> Result<Answer, Failure> {
    let quiet = call.query.flag("quiet");
    let (sink, lines) = progress::channel(ProgressFormat::Load);
    let sink = if quiet { Arc::new(|_| ()) } else { sink };
    let images = call.engine.images;
    let archive = reader(call.body);
    // dockerd answers 200 before it looks at the archive, so that failures are lines too.
    let operation = async move {
        Ok(match images.load(archive, sink).await {
            Ok(loaded) => loaded.into_iter().map(stream_line).collect(),
            Err(error) => vec![ProgressMessage::error(error.to_string())],
        })
    };
    progress::answer(progress::to_the_end(&call.tasks, operation), lines).await
}

fn stream_line(text: String) -> ProgressMessage {
    ProgressMessage {
        stream: Some(format!("{text}\n")),
        ..ProgressMessage::default()
    }
}
