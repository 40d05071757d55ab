//! `events`

use palan_docker_api::client::Request;
use palan_docker_api::system::EventMessage;
use serde_json::Deserializer;

use super::INSPECT_FORMAT_HELP;
use crate::cli::args::{Arity, Synopsis, Verb, flags};
use crate::cli::failure::{Failure, Outcome};
use crate::cli::format::{Document, Template, fixed_nanos};
use crate::cli::session::Session;
use crate::cli::spec::duration::query_time;
use crate::cli::spec::filter::Filters;

flags! {
    /// Flags of `events`.
    pub struct EventsFlags {
        filter: Filters, "filter", "Filter output based on conditions provided", .short('f');
        format: String, "format", INSPECT_FORMAT_HELP;
        since: String, "since", "Show all events created since timestamp";
        until: String, "until", "Stream events until this timestamp";
    }
}

/// `events`
pub struct Events;

const NANOSECONDS: i64 = 1_000_000_000;

impl Verb for Events {
    type Flags = EventsFlags;

    const SYNOPSIS: Synopsis = Synopsis {
        places: &["system events", "events"],
        ..Synopsis::new(
            "events",
            "[OPTIONS]",
            "Get real time events from the server",
            Arity::None,
        )
    };

    fn run(session: &Session, flags: EventsFlags, _operands: &[String]) -> Outcome {
        let format = match flags.format.as_str() {
            "json" => "{{json .}}",
            format => format,
        };
        let template = (!format.is_empty())
            .then(|| Template::parse(format))
            .transpose()
            .map_err(|error| {
                Failure::new(format!("Error parsing format: {error}")).with_code(64)
            })?;
        let time = |text: &str| query_time(text).map_err(Failure::new);
        let request = Request::get(&["events"])
            .query_some("since", &time(&flags.since)?)
            .query_some("until", &time(&flags.until)?)
            .query_some("filters", &flags.filter.to_query());
        let response = session.client()?.call(request)?;
        for event in Deserializer::from_reader(response).into_iter::<Document>() {
            let event = match event {
                Ok(event) => event,
                // The engine went away: no more events.
                Err(error) if error.is_eof() || error.is_io() => break,
                Err(error) => return Err(error.into()),
            };
            let line = match &template {
                Some(template) => template
                    .execute(&event)
                    .map_err(|error| Failure::new(error.to_string()))?,
                None => line(&event)?,
            };
            session.print_line(&line)?;
        }
        Ok(())
    }
}

/// Time, kind, action, identifier, attributes.
fn line(document: &Document) -> Outcome<String> {
    let event: EventMessage = serde_json::from_str(&document.compact())?;
    let mut line = String::new();
    if event.time_nano != 0 {
        line.push_str(&format!("{} ", fixed_nanos(event.time_nano)));
    } else if event.time != 0 {
        line.push_str(&format!("{} ", fixed_nanos(event.time * NANOSECONDS)));
    }
    line.push_str(&format!(
        "{} {} {}",
        event.kind, event.action, event.actor.id
    ));
    if !event.actor.attributes.is_empty() {
        let pairs: Vec<String> = event
            .actor
            .attributes
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        line.push_str(&format!(" ({})", pairs.join(", ")));
    }
    Ok(line)
}
