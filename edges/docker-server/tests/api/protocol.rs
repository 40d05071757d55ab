//! Versions, headers, errors, and connections that are used again.

use crate::support::{Server, request};

#[tokio::test]
async fn ping_answers_with_the_headers_of_docker() {
    let server = Server::start().await;
    let ping = server.call("GET", "/_ping", "").await;
    assert_eq!((ping.status, ping.text().as_str()), (200, "OK"));
    for (name, value) in [
        ("Api-Version", "1.51"),
        ("Cache-Control", "no-cache, no-store, must-revalidate"),
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Docker-Experimental", "false"),
        ("Ostype", "linux"),
        ("Pragma", "no-cache"),
        ("Server", "Docker/28.3.0 (linux)"),
    ] {
        assert_eq!(ping.header(name), Some(value), "{name}");
    }
    let mut client = server.connect().await;
    client
        .send(request("HEAD", "/v1.24/_ping", "").as_bytes())
        .await;
    client.send(request("GET", "/_ping", "").as_bytes()).await;
    assert!(client.head().await.starts_with("HTTP/1.1 200 OK\r\n"));
    // The answer to HEAD had no body: the next head follows at once.
    assert_eq!(client.response().await.text(), "OK");
}

#[tokio::test]
async fn versions_that_are_not_served_are_refused() {
    let server = Server::start().await;
    let new = server.call("GET", "/v1.99/version", "").await;
    assert_eq!(new.status, 400);
    assert_eq!(
        new.json()["message"],
        "client version 1.99 is too new. Maximum supported API version is 1.51"
    );
    let old = server.call("GET", "/v1.10/version", "").await;
    assert_eq!(old.status, 400);
    assert_eq!(
        old.header("Content-Type"),
        Some("text/plain; charset=utf-8")
    );
    assert_eq!(
        old.text(),
        "client version 1.10 is too old. Minimum supported API version is 1.24, please upgrade \
         your client to a newer version\n"
    );
    assert_eq!(server.call("GET", "/v1.24/version", "").await.status, 200);
}

#[tokio::test]
async fn unknown_paths_are_not_found() {
    let server = Server::start().await;
    for (method, path) in [
        ("GET", "/nope"),
        ("GET", "/v1.41/nope"),
        ("PATCH", "/containers/json"),
    ] {
        let answer = server.call(method, path, "").await;
        assert_eq!(
            (answer.status, answer.text().as_str()),
            (404, "{\"message\":\"page not found\"}\n")
        );
        assert_eq!(answer.header("Api-Version"), None);
    }
}

#[tokio::test]
async fn a_connection_serves_many_requests_and_then_a_takeover() {
    let mut server = Server::start().await;
    server.run("cc", ",\"OpenStdin\":true").await;
    let mut client = server.connect().await;
    client
        .send(request("GET", "/containers/json", "").as_bytes())
        .await;
    assert_eq!(client.response().await.json()[0]["Names"][0], "/cc");
    client
        .send(
            b"POST /containers/create?name=dd HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\
              \r\n10\r\n{\"Image\":\"test\"}\r\n0\r\n\r\n",
        )
        .await;
    assert_eq!(client.response().await.status, 201);
    client
        .send(b"POST /containers/cc/attach?stream=1&stdout=1 HTTP/1.1\r\nHost: d\r\n\r\n")
        .await;
    assert!(client.head().await.starts_with("HTTP/1.1 200 OK\r\n"));
    server.end().await.send(b"\x01\0\0\0\0\0\0\x02hi").await;
    client.expect(b"\x01\0\0\0\0\0\0\x02hi").await;
    client.expect_end().await;
}

#[tokio::test]
async fn malformed_requests_do_not_end_the_server() {
    let server = Server::start().await;
    for garbage in [
        "\r\n\r\n\r\n",
        "GET\r\n\r\n",
        "POST /x HTTP/1.1\r\nContent-Length: x\r\n\r\n",
    ] {
        let mut client = server.connect().await;
        client.send(garbage.as_bytes()).await;
        client.finish().await;
    }
    assert_eq!(server.call("GET", "/_ping", "").await.status, 200);
}

#[tokio::test]
async fn the_engine_tells_about_itself() {
    let server = Server::start().await;
    let version = server.call("GET", "/version", "").await.json();
    assert_eq!(version["ApiVersion"], "1.51");
    assert_eq!(version["MinAPIVersion"], "1.24");
    server.run("cc", "").await;
    let info = server.call("GET", "/v1.41/info", "").await.json();
    assert_eq!(
        (&info["Containers"], &info["ContainersRunning"]),
        (&1.into(), &1.into())
    );
    assert_eq!(info["Swarm"]["LocalNodeState"], "inactive");
    let usage = server.call("GET", "/system/df", "").await.json();
    assert_eq!(usage["Images"][0]["Containers"], 1);
    assert_eq!(usage["Containers"][0]["Names"][0], "/cc");
}
