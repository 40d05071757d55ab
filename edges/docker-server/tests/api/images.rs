//! Images: lists, names, and operations that tell their progress.

use crate::support::{Server, request};

#[tokio::test]
async fn images_are_listed_named_and_removed() {
    let server = Server::start().await;
    let list = server.call("GET", "/images/json", "").await.json();
    assert_eq!(list[0]["RepoTags"][0], "test:latest");
    let tagged = server
        .call("POST", "/images/test/tag?repo=foo/bar&tag=x", "")
        .await;
    assert_eq!((tagged.status, tagged.body.len()), (201, 0));
    let inspected = server
        .call("GET", "/images/foo/bar:x/json", "")
        .await
        .json();
    assert_eq!(inspected["Id"], list[0]["Id"]);
    assert_eq!(inspected["Config"]["Cmd"][0], "sh");
    let history = server.call("GET", "/images/foo/bar:x/history", "").await;
    assert_eq!(history.status, 200);
    let removed = server.call("DELETE", "/images/foo/bar:x", "").await;
    assert_eq!(removed.text(), "[{\"Untagged\":\"foo/bar:x\"}]\n");
    let missing = server.call("GET", "/images/nosuch/json", "").await;
    let message = missing.json()["message"].to_string();
    assert!(
        message.contains("No such image: nosuch:latest"),
        "{message}"
    );
    let bad = server.call("POST", "/images/test/tag?repo=FOO", "").await;
    assert_eq!(bad.status, 400);
}

#[tokio::test]
async fn an_archive_is_loaded_from_the_body() {
    let server = Server::start().await;
    let mut client = server.connect().await;
    client
        .send(
            b"POST /images/load?quiet=1 HTTP/1.1\r\nHost: d\r\nContent-Type: application/x-tar\r\n\
              Transfer-Encoding: chunked\r\n\r\n12\r\n{\"os\": \"linux\",   \r\n22\r\n\
              \"rootfs\": {\"type\": \"\", \"diff_ids\":\r\n3\r\n[]}\r\n1\r\n}\r\n0\r\n\r\n",
        )
        .await;
    let loaded = client.response().await;
    assert_eq!(loaded.status, 200);
    assert_eq!(
        loaded.text(),
        "{\"stream\":\"Loaded image: test:latest\\n\"}\n"
    );
}

#[tokio::test]
async fn a_broken_archive_is_told_in_the_stream() {
    let server = Server::start().await;
    let mut client = server.connect().await;
    client
        .send(request("POST", "/images/load", "garbage").as_bytes())
        .await;
    let answer = client.response().await;
    assert_eq!(answer.status, 200);
    let line = answer.json();
    assert_eq!(line["error"], line["errorDetail"]["message"]);
}

#[tokio::test]
async fn a_plain_archive_is_imported() {
    let server = Server::start().await;
    let path = "/images/create?fromSrc=-&repo=imp&tag=x&changes=CMD+%5B%22sh%22%5D&message=hi";
    let imported = server.call("POST", path, "archive").await;
    let status = imported.json()["status"].as_str().unwrap().to_owned();
    assert!(status.starts_with("sha256:"), "{status}");
    let inspected = server.call("GET", "/images/imp:x/json", "").await.json();
    assert_eq!(inspected["Id"], status);
    assert_eq!(inspected["Config"]["Cmd"][0], "sh");
}

#[tokio::test]
async fn a_pull_that_finds_nothing_is_an_ordinary_failure() {
    let server = Server::start().await;
    let path = "/images/create?fromImage=127.0.0.1:5000/nosuch&tag=latest";
    let answer = server.call("POST", path, "").await;
    assert_eq!(answer.status, 404);
    assert!(
        answer.json()["message"]
            .as_str()
            .unwrap()
            .starts_with("manifest for 127.0.0.1:5000/nosuch:latest not found")
    );
    let bad = server
        .call("POST", "/images/create?fromImage=BAD/..&tag=x", "")
        .await;
    assert_eq!(bad.status, 400);
}
