//! `GET /events`.

use bytes::Bytes;
use futures_util::stream;
use palan_engine::events::EventQuery;

use crate::failure::Failure;
use crate::request::Call;
use crate::response::{self, Answer, json_line};
use crate::specs::timestamp;
use crate::views::event_message;

pub(in crate::routes) fn call(call: &Call) -> Result<Answer, Failure> {
    let events = call.engine.events.subscribe(EventQuery {
        since: timestamp(call.query.text("since"))?,
        until: timestamp(call.query.text("until"))?,
        filters: call.query.filters()?,
    })?;
    let lines = stream::unfold(events, |mut events| async move {
        let event = events.next().await?;
        Some((Ok(Bytes::from(json_line(&event_message(event)))), events))
    });
    Ok(response::stream("application/json", lines).into())
}
