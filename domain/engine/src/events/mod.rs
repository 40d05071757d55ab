//! What happened: a bounded memory of the latest events, and streams of those to come.
//!
//! Invariant: every reader sees events in the order in which they were published, and none twice.

mod matching;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use palan_contracts::Clock;
use palan_model::event::ObjectType;
use palan_model::{Event, Timestamp};
use tokio::sync::broadcast;

use crate::filter::{self, Filters};
use crate::{Error, Result};

/// Events kept for readers that ask for the past, as in Docker.
const KEPT: usize = 256;
/// Events a slow reader may fall behind before it loses the oldest.
const BACKLOG: usize = 1024;

struct Hub {
    kept: Mutex<VecDeque<Event>>,
    sender: broadcast::Sender<Event>,
    clock: Arc<dyn Clock>,
}

/// Publishes and streams events.
#[derive(Clone)]
pub struct Events(Arc<Hub>);

/// What a reader wants.
#[derive(Clone, Debug, Default)]
pub struct EventQuery {
    /// Begin with kept events not older than this.
    pub since: Option<Timestamp>,
    /// End with the last event not newer than this; it may lie in the future.
    pub until: Option<Timestamp>,
    /// Docker's filters.
    pub filters: Filters,
}

impl Events {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let (sender, _) = broadcast::channel(BACKLOG);
        Self(Arc::new(Hub {
            kept: Mutex::new(VecDeque::new()),
            sender,
            clock,
        }))
    }

    /// Publishes an event that happened now.
    pub(crate) fn publish(
        &self,
        object: ObjectType,
        action: impl Into<String>,
        id: impl Into<String>,
        attributes: BTreeMap<String, String>,
    ) {
        let mut kept = self.0.kept.lock().expect("no holder of this lock panics");
        // The time is taken under the lock: events are in the order of their times.
        let event = Event {
            object,
            action: action.into(),
            id: id.into(),
            attributes,
            time: self.0.clock.now(),
        };
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(event.clone());
        // Without a reader there is nobody to tell.
        let _ = self.0.sender.send(event);
    }

    /// Events that match, kept ones first when `since` is given.
    ///
    /// # Errors
    /// Unknown filters.
    pub fn subscribe(&self, query: EventQuery) -> Result<EventStream> {
        filter::check_names(&query.filters, &matching::FILTERS)?;
        if let (Some(since), Some(until)) = (query.since, query.until)
            && since > until
        {
            return Err(Error::InvalidParameter(
                "`since` time must be before the `until` time".to_owned(),
            ));
        }
        let kept = self.0.kept.lock().expect("no holder of this lock panics");
        let receiver = self.0.sender.subscribe();
        let past = match (query.since, query.until) {
            (None, None) => VecDeque::new(),
            (since, _) => kept
                .iter()
                .filter(|event| since.is_none_or(|since| event.time >= since))
                .cloned()
                .collect(),
        };
        Ok(EventStream {
            past,
            receiver,
            query,
            clock: self.0.clock.clone(),
        })
    }
}

/// A reader's stream of events.
pub struct EventStream {
    past: VecDeque<Event>,
    receiver: broadcast::Receiver<Event>,
    query: EventQuery,
    clock: Arc<dyn Clock>,
}

impl EventStream {
    /// The next event; none once `until` has passed. Cancel-safe.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            let event = match self.past.pop_front() {
                Some(event) => event,
                None => self.receive().await?,
            };
            if self.query.until.is_some_and(|until| event.time > until) {
                return None;
            }
            if matching::matches(&event, &self.query.filters) {
                return Some(event);
            }
        }
    }

    async fn receive(&mut self) -> Option<Event> {
        loop {
            let received = match self.query.until {
                None => self.receiver.recv().await,
                Some(until) => {
                    let left = until.duration_since(self.clock.now());
                    let left = std::time::Duration::try_from(left).unwrap_or_default();
                    tokio::time::timeout(left, self.receiver.recv())
                        .await
                        .ok()?
                }
            };
            match received {
                Ok(event) => return Some(event),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}
