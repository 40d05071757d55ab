//! Events.

use palan_docker_api::system::{EventActor, EventMessage};
use palan_model::Event;
use palan_model::event::ObjectType;

/// Writes an event.
pub(crate) fn event_message(event: Event) -> EventMessage {
    let old_fields = matches!(event.object, ObjectType::Container | ObjectType::Image);
    let from = match event.object {
        ObjectType::Container => event.attributes.get("image").cloned().unwrap_or_default(),
        _ => String::new(),
    };
    let nanoseconds = event.time.as_nanosecond();
    EventMessage {
        status: if old_fields {
            event.action.clone()
        } else {
            String::new()
        },
        id: if old_fields {
            event.id.clone()
        } else {
            String::new()
        },
        from,
        kind: event.object.as_str().to_owned(),
        action: event.action,
        actor: EventActor {
            id: event.id,
            attributes: event.attributes,
        },
        scope: "local".to_owned(),
        time: event.time.as_second(),
        time_nano: i64::try_from(nanoseconds).unwrap_or(i64::MAX),
    }
}
