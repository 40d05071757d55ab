//! Attaching: both ways of taking a connection over, the ends of streams, keys.

use crate::support::{Client, Server, header};

const UPGRADE: &str = "Connection: Upgrade\r\nUpgrade: tcp\r\n";

async fn attach(server: &Server, target: &str, headers: &str, sent: &[u8]) -> Client {
    let mut client = server.connect().await;
    let head = format!("POST {target} HTTP/1.1\r\nHost: d\r\n{headers}\r\n");
    client.send(&[head.as_bytes(), sent].concat()).await;
    client
}

#[tokio::test]
async fn new_clients_get_an_upgrade_and_bytes_go_both_ways() {
    let mut server = Server::start().await;
    server
        .run("cc", ",\"OpenStdin\":true,\"StdinOnce\":true")
        .await;
    let target = "/v1.42/containers/cc/attach?stream=1&stdin=1&stdout=1&stderr=1";
    let mut client = attach(&server, target, UPGRADE, b"").await;
    let head = client.head().await;
    assert!(head.starts_with("HTTP/1.1 101 UPGRADED\r\n"), "{head}");
    assert_eq!(
        header(&head, "Content-Type"),
        Some("application/vnd.docker.multiplexed-stream")
    );
    assert_eq!(header(&head, "Upgrade"), Some("tcp"));
    assert_eq!(header(&head, "Connection"), Some("Upgrade"));
    let mut container = server.end().await;
    client.send(b"hello\n").await;
    container.expect(b"hello\n").await;
    // The client ends its side; what the container says after that still arrives.
    client.finish().await;
    container.expect_end().await;
    container.send(b"\x01\0\0\0\0\0\0\x03bye").await;
    client.expect(b"\x01\0\0\0\0\0\0\x03bye").await;
    drop(container);
    client.expect_end().await;
}

#[tokio::test]
async fn old_clients_get_200_and_the_raw_stream() {
    let mut server = Server::start().await;
    server
        .run("cc", ",\"OpenStdin\":true,\"StdinOnce\":true")
        .await;
    let target = "/v1.51/containers/cc/attach?stream=1&stdin=1&stdout=1";
    let mut client = attach(&server, target, "", b"typed early").await;
    client.finish().await;
    let head = client.head().await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert_eq!(
        header(&head, "Content-Type"),
        Some("application/vnd.docker.raw-stream")
    );
    for absent in [
        "Upgrade",
        "Connection",
        "Transfer-Encoding",
        "Content-Length",
    ] {
        assert_eq!(header(&head, absent), None, "{absent}");
    }
    let mut container = server.end().await;
    container.expect(b"typed early").await;
    container.expect_end().await;
    container.send(b"output").await;
    drop(container);
    client.expect(b"output").await;
    client.expect_end().await;
}

#[tokio::test]
async fn the_end_of_input_ends_a_session_that_may_not_close_the_input() {
    let mut server = Server::start().await;
    server.run("cc", ",\"OpenStdin\":true").await;
    let target = "/containers/cc/attach?stream=1&stdin=1&stdout=1";
    let mut client = attach(&server, target, UPGRADE, b"").await;
    client.head().await;
    let mut container = server.end().await;
    client.finish().await;
    client.expect_end().await;
    container.expect_end().await;
}

#[tokio::test]
async fn a_client_that_only_listens_may_end_its_side() {
    let mut server = Server::start().await;
    server.run("cc", "").await;
    let mut client = attach(
        &server,
        "/containers/cc/attach?stream=1&stdout=1",
        UPGRADE,
        b"",
    )
    .await;
    client.head().await;
    client.finish().await;
    let mut container = server.end().await;
    container.send(b"later").await;
    client.expect(b"later").await;
}

#[tokio::test]
async fn detach_keys_leave_a_terminal() {
    let mut server = Server::start().await;
    server.run("cc", ",\"OpenStdin\":true,\"Tty\":true").await;
    for (keys, typed) in [
        ("", &b"ls\x10x\x10\x11"[..]),
        ("&detachKeys=ctrl-a,b", b"ls\x10x\x01b"),
    ] {
        let target = format!("/containers/cc/attach?stream=1&stdin=1&stdout=1{keys}");
        let mut client = attach(&server, &target, UPGRADE, b"").await;
        let head = client.head().await;
        assert_eq!(
            header(&head, "Content-Type"),
            Some("application/vnd.docker.raw-stream")
        );
        let mut container = server.end().await;
        client.send(typed).await;
        container.expect(b"ls\x10x").await;
        client.expect_end().await;
        container.expect_end().await;
    }
    let target = "/containers/cc/attach?stream=1&detachKeys=nope";
    let mut client = attach(&server, target, UPGRADE, b"").await;
    assert_eq!(
        client.response().await.json()["message"],
        "Invalid detach keys (nope) provided"
    );
}

#[tokio::test]
async fn a_client_is_attached_before_the_start() {
    let mut server = Server::start().await;
    server.create("cc", "").await;
    let mut client = attach(
        &server,
        "/containers/cc/attach?stream=1&stdout=1",
        UPGRADE,
        b"",
    )
    .await;
    assert!(client.head().await.starts_with("HTTP/1.1 101 UPGRADED\r\n"));
    assert_eq!(
        server.call("POST", "/containers/cc/start", "").await.status,
        204
    );
    server.end().await.send(b"first").await;
    client.expect(b"first").await;
    client.expect_end().await;
}

#[tokio::test]
async fn what_was_logged_comes_first() {
    let mut server = Server::start().await;
    server.run("cc", "").await;
    let target = "/containers/cc/attach?logs=1&stream=1&stdout=1&stderr=1";
    let mut client = attach(&server, target, "", b"").await;
    client.head().await;
    server.end().await.send(b"live").await;
    client
        .expect(b"\x01\0\0\0\0\0\0\x04out\n\x02\0\0\0\0\0\0\x04err\nlive")
        .await;
}

#[tokio::test]
async fn a_missing_container_is_told_as_text() {
    let server = Server::start().await;
    for headers in [UPGRADE, ""] {
        let target = "/containers/nosuch/attach?stream=1&stdout=1";
        let mut client = attach(&server, target, headers, b"").await;
        let answer = client.response().await;
        assert_eq!(answer.status, 404);
        assert_eq!(
            answer.header("Content-Type"),
            Some("application/vnd.docker.raw-stream")
        );
        assert_eq!(answer.text(), "No such container: nosuch\r\n");
        client.expect_end().await;
    }
}

#[tokio::test]
async fn the_end_of_the_server_ends_sessions() {
    let mut server = Server::start().await;
    server.run("cc", "").await;
    let mut client = attach(
        &server,
        "/containers/cc/attach?stream=1&stdout=1",
        UPGRADE,
        b"",
    )
    .await;
    client.head().await;
    let _container = server.end().await;
    server.stop().await;
    client.expect_end().await;
}
