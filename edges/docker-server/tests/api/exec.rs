//! Processes beside a container's first one.

use crate::support::{Server, header, request};

async fn create(server: &Server, fields: &str) -> String {
    let body = format!("{{\"AttachStdin\":true,\"AttachStdout\":true,{fields}}}");
    let created = server.call("POST", "/containers/cc/exec", &body).await;
    assert_eq!(created.status, 201, "{}", created.text());
    created.json()["Id"].as_str().unwrap().to_owned()
}

fn start(id: &str, headers: &str) -> String {
    let body = "{\"Detach\":false,\"Tty\":false}";
    let length = body.len();
    format!(
        "POST /v1.41/exec/{id}/start HTTP/1.1\r\nHost: d\r\n{headers}Content-Length: {length}\r\n\
         \r\n{body}"
    )
}

#[tokio::test]
async fn an_instance_runs_attached_in_both_ways() {
    let mut server = Server::start().await;
    server.run("cc", "").await;
    for (headers, status) in [
        ("Connection: Upgrade\r\nUpgrade: tcp\r\n", "101 UPGRADED"),
        ("", "200 OK"),
    ] {
        let id = create(&server, "\"Cmd\":[\"cat\"]").await;
        let mut client = server.connect().await;
        client
            .send(format!("{}early", start(&id, headers)).as_bytes())
            .await;
        let head = client.head().await;
        assert!(
            head.starts_with(&format!("HTTP/1.1 {status}\r\n")),
            "{head}"
        );
        assert_eq!(
            header(&head, "Content-Type"),
            Some("application/vnd.docker.raw-stream")
        );
        assert_eq!(header(&head, "Api-Version"), Some("1.51"));
        let mut process = server.end().await;
        process.expect(b"early").await;
        client.finish().await;
        process.expect_end().await;
        process.send(b"out").await;
        drop(process);
        client.expect(b"out").await;
        client.expect_end().await;
    }
}

#[tokio::test]
async fn a_terminal_started_without_tty_comes_in_frames() {
    let mut server = Server::start().await;
    server.run("cc", "").await;
    let id = create(&server, "\"Tty\":true,\"Cmd\":[\"sh\"]").await;
    let mut client = server.connect().await;
    client.send(start(&id, "").as_bytes()).await;
    assert!(client.head().await.starts_with("HTTP/1.1 200 OK\r\n"));
    let mut process = server.end().await;
    process.send(b"out").await;
    drop(process);
    client
        .expect(&[&[1, 0, 0, 0, 0, 0, 0, 3], "out".as_bytes()].concat())
        .await;
    client.expect_end().await;
}

#[tokio::test]
async fn a_program_that_cannot_be_executed_is_told_in_the_stream() {
    let server = Server::start().await;
    server.run("cc", "").await;
    let id = create(&server, "\"Cmd\":[\"missing\"]").await;
    let mut client = server.connect().await;
    client
        .send(format!("{}unread", start(&id, "")).as_bytes())
        .await;
    assert!(client.head().await.starts_with("HTTP/1.1 200 OK\r\n"));
    let text = "OCI runtime exec failed: exec failed: unable to start container process: exec: \
                \"missing\": executable file not found in $PATH: unknown\r\n";
    let length = u8::try_from(text.len()).unwrap();
    client
        .expect(&[&[1, 0, 0, 0, 0, 0, 0, length], text.as_bytes()].concat())
        .await;
    client.expect_end().await;
    let inspected = server
        .call("GET", &format!("/exec/{id}/json"), "")
        .await
        .json();
    assert_eq!(
        (&inspected["ExitCode"], &inspected["Running"]),
        (&127.into(), &false.into())
    );
}

#[tokio::test]
async fn an_instance_starts_once() {
    let server = Server::start().await;
    server.run("cc", "").await;
    let id = create(&server, "\"Cmd\":[\"true\"]").await;
    let detached = server
        .call("POST", &format!("/exec/{id}/start"), "{\"Detach\":true}")
        .await;
    assert_eq!((detached.status, detached.body.len()), (200, 0));
    let mut client = server.connect().await;
    client.send(start(&id, "").as_bytes()).await;
    let again = client.response().await;
    assert_eq!(again.status, 409);
    // The refusal leaves the connection usable.
    client.send(request("GET", "/_ping", "").as_bytes()).await;
    assert_eq!(client.response().await.text(), "OK");
}

#[tokio::test]
async fn instances_are_refused_in_dockers_words() {
    let server = Server::start().await;
    server.create("cc", "").await;
    let body = "{\"Cmd\":[\"sh\"]}";
    let stopped = server.call("POST", "/containers/cc/exec", body).await;
    assert_eq!(stopped.status, 409);
    assert!(
        stopped.json()["message"]
            .as_str()
            .unwrap()
            .ends_with(" is not running")
    );
    server.call("POST", "/containers/cc/start", "").await;
    let empty = server
        .call("POST", "/containers/cc/exec", "{\"Cmd\":[]}")
        .await;
    assert_eq!(empty.json()["message"], "No exec command specified");
    let missing = server.call("GET", "/exec/nosuch/json", "").await;
    assert_eq!(
        (missing.status, missing.json()["message"].as_str().unwrap()),
        (404, "No such exec instance: nosuch")
    );
}
