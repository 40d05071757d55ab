use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

const ATTACH: &[u8] = b"POST /v1.41/containers/c/attach?stream=1 HTTP/1.1\r\nHost: d\r\n\r\n";

/// What hyper would read of the input, when it arrives in pieces of this length.
async fn pass(input: &[u8], piece: usize, wanted: usize) -> Vec<u8> {
    let (mut client, server) = tokio::io::duplex(1 << 16);
    let mut adapter = LegacyHijack::new(server);
    let input = input.to_vec();
    let writer = tokio::spawn(async move {
        for bytes in input.chunks(piece) {
            client.write_all(bytes).await.unwrap();
            tokio::task::yield_now().await;
        }
        client
    });
    let mut read = vec![0; wanted];
    adapter.read_exact(&mut read).await.unwrap();
    writer.await.unwrap();
    read
}

#[tokio::test]
async fn other_requests_pass_unchanged_in_any_pieces() {
    let input = b"POST /images/load HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\
        5\r\nPOST \r\n0\r\n\r\nPOST /x HTTP/1.1\r\nContent-Length: 63\r\n\r\n\
        POST /v1.41/containers/c/attach?stream=1 HTTP/1.1\r\nHost: d\r\n\r\nGET /info HTTP/1.1\r\n\r\n";
    for piece in [1, 2, 7, 64, input.len()] {
        assert_eq!(
            pass(input, piece, input.len()).await,
            input,
            "pieces of {piece}"
        );
    }
}

#[tokio::test]
async fn protocols_that_are_not_understood_pass_unchanged() {
    for input in [
        &b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00"[..],
        b"\x16\x03\x01\n\n\x00",
    ] {
        assert_eq!(pass(input, 3, input.len()).await, input);
    }
}

#[tokio::test]
async fn an_incomplete_head_is_shown_at_the_end_of_file() {
    let (mut client, server) = tokio::io::duplex(64);
    let mut adapter = LegacyHijack::new(server);
    client.write_all(b"GET / HT").await.unwrap();
    drop(client);
    let mut read = Vec::new();
    adapter.read_to_end(&mut read).await.unwrap();
    assert_eq!(read, b"GET / HT");
}

#[tokio::test]
async fn an_old_client_gets_an_upgrade_and_its_own_answer() {
    let (mut client, server) = tokio::io::duplex(1 << 16);
    let mut adapter = LegacyHijack::new(server);
    client.write_all(ATTACH).await.unwrap();
    client.write_all(b"typed").await.unwrap();
    client.shutdown().await.unwrap();

    let expected = format!(
        "POST /v1.41/containers/c/attach?stream=1 HTTP/1.1\r\nHost: d\r\n\
         Connection: Upgrade\r\nUpgrade: {LEGACY_UPGRADE}\r\n\r\n"
    );
    let mut head = vec![0; expected.len()];
    adapter.read_exact(&mut head).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&head), expected);
    // Neither the typed bytes nor the end of file come through before the answer.
    let mut byte = [0];
    let early = tokio::time::timeout(
        std::time::Duration::from_millis(20),
        adapter.read(&mut byte),
    );
    assert!(early.await.is_err());

    let answer = b"HTTP/1.1 101 UPGRADED\r\nContent-Type: x\r\nConnection: Upgrade\r\n\
        Upgrade: tcp\r\nDate: now\r\n\r\nfirst";
    for piece in answer.chunks(10) {
        adapter.write_all(piece).await.unwrap();
    }
    adapter.flush().await.unwrap();
    let (stream, read, unwritten) = adapter.into_parts();
    assert!(unwritten.is_empty());
    drop(stream);
    let mut got = Vec::new();
    client.read_to_end(&mut got).await.unwrap();
    assert_eq!(got, b"HTTP/1.1 200 OK\r\nContent-Type: x\r\n\r\nfirst");
    assert_eq!(&read[..], b"typed");
}

#[tokio::test]
async fn a_refused_takeover_leaves_the_connection_to_the_next_request() {
    let (mut client, server) = tokio::io::duplex(1 << 16);
    let mut adapter = LegacyHijack::new(server);
    client.write_all(ATTACH).await.unwrap();
    client
        .write_all(b"GET /info HTTP/1.1\r\n\r\n")
        .await
        .unwrap();
    let mut buffer = [0; 4096];
    let length = adapter.read(&mut buffer).await.unwrap();
    assert!(buffer[..length].ends_with(b"\r\n\r\n"));
    let answer = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    adapter.write_all(answer).await.unwrap();
    adapter.flush().await.unwrap();
    let length = adapter.read(&mut buffer).await.unwrap();
    assert_eq!(&buffer[..length], b"GET /info HTTP/1.1\r\n\r\n");
    let mut got = vec![0; answer.len()];
    client.read_exact(&mut got).await.unwrap();
    assert_eq!(got, answer);
}
