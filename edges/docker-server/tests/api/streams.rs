//! Answers without an end: waits, events, logs.

use serde_json::Value;

use crate::support::{Server, header, request};

#[tokio::test]
async fn a_wait_is_answered_at_once_and_ends_with_the_container() {
    let server = Server::start().await;
    server.run("cc", "").await;
    let mut client = server.connect().await;
    client
        .send(request("POST", "/v1.41/containers/cc/wait?condition=next-exit", "").as_bytes())
        .await;
    let head = client.head().await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"));
    assert_eq!(header(&head, "Content-Type"), Some("application/json"));
    server.call("POST", "/containers/cc/kill", "").await;
    assert_eq!(
        client.chunk().await,
        b"{\"Error\":null,\"StatusCode\":137}\n"
    );
    assert_eq!(client.chunk().await, b"");
    let now = server.call("POST", "/containers/cc/wait", "").await;
    assert_eq!(now.text(), "{\"StatusCode\":137}\n");
}

#[tokio::test]
async fn events_come_as_lines() {
    let server = Server::start().await;
    let mut client = server.connect().await;
    let filters = "%7B%22type%22%3A%7B%22container%22%3Atrue%7D%7D";
    client
        .send(request("GET", &format!("/events?filters={filters}"), "").as_bytes())
        .await;
    client.head().await;
    server.run("cc", ",\"Labels\":{\"a\":\"b\"}").await;
    for action in ["create", "start"] {
        let event: Value = serde_json::from_slice(&client.chunk().await).unwrap();
        assert_eq!(event["Action"], action);
        assert_eq!(
            (&event["status"], &event["from"]),
            (&action.into(), &"test".into())
        );
        assert_eq!(event["Actor"]["Attributes"]["a"], "b");
        assert_eq!(event["id"], event["Actor"]["ID"]);
        assert_eq!(event["scope"], "local");
        let seconds = event["timeNano"].as_i64().unwrap() / 1_000_000_000;
        assert_eq!(event["time"], seconds);
    }
    // A stream of the past has an end.
    let past = server
        .call("GET", "/events?since=0&until=1700000000", "")
        .await;
    assert_eq!((past.status, past.text().as_str()), (200, ""));
}

#[tokio::test]
async fn logs_are_framed_without_a_terminal() {
    let server = Server::start().await;
    server.run("cc", "").await;
    server.run("tt", ",\"Tty\":true").await;
    let log = |name: &str, rest: &str| format!("/containers/{name}/logs?stdout=1&stderr=1{rest}");
    let framed = server.call("GET", &log("cc", ""), "").await;
    assert_eq!(
        framed.text(),
        "\x01\0\0\0\0\0\0\x04out\n\x02\0\0\0\0\0\0\x04err\n"
    );
    assert_eq!(
        framed.header("Content-Type"),
        Some("application/vnd.docker.multiplexed-stream")
    );
    let timed = server
        .call("GET", &log("cc", "&stderr=0&timestamps=1"), "")
        .await;
    assert!(
        timed
            .text()
            .contains("\x232026-11-25T07:12:14.500000000Z out\n"),
        "{}",
        timed.text()
    );
    let raw = server.call("GET", &log("tt", ""), "").await;
    assert_eq!(raw.text(), "out\nerr\n");
    assert_eq!(
        raw.header("Content-Type"),
        Some("application/vnd.docker.raw-stream")
    );
}

#[tokio::test]
async fn followed_logs_end_with_the_container() {
    let server = Server::start().await;
    server.run("cc", "").await;
    let mut client = server.connect().await;
    client
        .send(request("GET", "/containers/cc/logs?stdout=1&follow=1", "").as_bytes())
        .await;
    client.head().await;
    assert_eq!(client.chunk().await, b"\x01\0\0\0\0\0\0\x04out\n");
    server.call("POST", "/containers/cc/kill", "").await;
    assert_eq!(client.chunk().await, b"");
}

#[tokio::test]
async fn the_end_of_the_server_cuts_streams() {
    let server = Server::start().await;
    let mut client = server.connect().await;
    client.send(request("GET", "/events", "").as_bytes()).await;
    client.head().await;
    server.stop().await;
    client.expect_end().await;
}
