//! Order, times and filters of events.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;

use palan_contracts::Clock;
use palan_contracts::fakes::World;
use palan_model::Timestamp;
use palan_model::event::ObjectType;

use super::{BACKLOG, EventQuery, Events, KEPT};
use crate::Filters;

fn attributes(given: &[(&str, &str)]) -> BTreeMap<String, String> {
    let given = given.iter();
    given
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect()
}

fn publish(events: &Events, action: &str) {
    events.publish(ObjectType::Container, action, "id", BTreeMap::new());
}

/// The fake clock moves a second at each look.
fn after(clock: &World, seconds: i64) -> Timestamp {
    clock.now() + jiff::SignedDuration::from_secs(seconds)
}

async fn actions(events: &Events, query: EventQuery) -> Vec<String> {
    let mut stream = events.subscribe(query).unwrap();
    let mut actions = vec![];
    while let Some(event) = stream.next().await {
        actions.push(event.action);
    }
    actions
}

#[tokio::test(start_paused = true)]
async fn since_and_until_bound_the_past() {
    let clock = Arc::new(World::new());
    let events = Events::new(clock.clone());
    let start = clock.now();
    for action in ["a", "b", "c", "d"] {
        publish(&events, action);
    }
    let at = |seconds| Some(start + jiff::SignedDuration::from_secs(seconds));
    let query = |since, until| EventQuery {
        since,
        until,
        filters: Filters::new(),
    };
    assert_eq!(actions(&events, query(at(2), at(3))).await, ["b", "c"]);
    assert_eq!(actions(&events, query(None, at(2))).await, ["a", "b"]);
    assert!(actions(&events, query(at(100), at(200))).await.is_empty());
    let error = events.subscribe(query(at(2), at(1))).err().unwrap();
    assert_eq!(
        error.to_string(),
        "`since` time must be before the `until` time"
    );
}

#[tokio::test]
async fn the_past_goes_over_into_the_present_without_gap_or_echo() {
    let clock = Arc::new(World::new());
    let events = Events::new(clock);
    for number in 0..KEPT + 10 {
        publish(&events, &number.to_string());
    }
    let query = EventQuery {
        since: Some(Timestamp::UNIX_EPOCH),
        ..EventQuery::default()
    };
    let mut stream = events.subscribe(query).unwrap();
    let mut fresh = events.subscribe(EventQuery::default()).unwrap();
    for number in KEPT + 10..KEPT + 20 {
        publish(&events, &number.to_string());
    }
    let mut times = vec![];
    for number in 10..KEPT + 20 {
        let event = stream.next().await.unwrap();
        assert_eq!(event.action, number.to_string());
        times.push(event.time);
    }
    assert!(times.is_sorted());
    let first = fresh.next().await.unwrap();
    assert_eq!(
        first.action,
        (KEPT + 10).to_string(),
        "no past unless asked"
    );
}

#[tokio::test]
async fn a_slow_reader_loses_the_oldest_and_goes_on_in_order() {
    let clock = Arc::new(World::new());
    let events = Events::new(clock);
    let mut stream = events.subscribe(EventQuery::default()).unwrap();
    for number in 0..BACKLOG + 5 {
        publish(&events, &number.to_string());
    }
    for number in 5..BACKLOG + 5 {
        assert_eq!(stream.next().await.unwrap().action, number.to_string());
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_with_an_end_ends_without_events() {
    let clock = Arc::new(World::new());
    let events = Events::new(clock.clone());
    let query = EventQuery {
        until: Some(after(&clock, 30)),
        ..EventQuery::default()
    };
    assert!(actions(&events, query).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn filters_are_dockers() {
    let clock = Arc::new(World::new());
    let events = Events::new(clock.clone());
    let web = attributes(&[("name", "web"), ("image", "nginx:1"), ("env", "test")]);
    for action in ["create", "exec_create: sh ", "die"] {
        events.publish(ObjectType::Container, action, "abcd", web.clone());
    }
    let named = attributes(&[("name", "nginx")]);
    events.publish(ObjectType::Image, "pull", "nginx:1", named);
    events.publish(ObjectType::Volume, "mount", "data", BTreeMap::new());
    for (filters, expected) in [
        (&[("type", "image")][..], &["pull"][..]),
        (&[("event", "exec_create")], &["exec_create: sh "]),
        (
            &[("event", "create"), ("event", "pull")],
            &["create", "pull"],
        ),
        (&[("container", "we"), ("event", "die")], &["die"]),
        (&[("container", "abc"), ("event", "die")], &["die"]),
        (&[("container", "eb")], &[]),
        (&[("volume", "data")], &["mount"]),
        (&[("image", "nginx"), ("event", "pull")], &["pull"]),
        (&[("image", "nginx:1"), ("event", "die")], &["die"]),
        (&[("image", "ngi")], &[]),
        (&[("label", "env=test"), ("event", "die")], &["die"]),
        (&[("label", "env"), ("label", "none")], &[]),
        (&[("scope", "swarm")], &[]),
        (&[("scope", "local"), ("type", "volume")], &["mount"]),
        (&[("plugin", "x")], &[]),
        (&[("daemon", "x")], &[]),
    ] {
        let mut asked = Filters::new();
        for (name, value) in filters {
            asked
                .entry((*name).to_owned())
                .or_default()
                .push((*value).to_owned());
        }
        let query = EventQuery {
            since: Some(Timestamp::UNIX_EPOCH),
            until: Some(after(&clock, 1)),
            filters: asked,
        };
        assert_eq!(actions(&events, query).await, expected, "{filters:?}");
    }
}
