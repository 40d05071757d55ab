//! Host names by a name server, in a network namespace of the test's own.

use std::process::Command;

use palan_registry::RegistryClient;
use tokio::net::UdpSocket;

use crate::server::{Server, manifest, ok};
use crate::{config, resolve};

const INSIDE: &str = "PALAN_TEST_OWN_NETWORK";
const NAME: &str = "registry.palan.example";

/// Runs the test below with an own loopback interface and an own `/etc/resolv.conf`.
#[test]
fn a_name_server_is_asked() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("resolv.conf");
    std::fs::write(&file, "nameserver 127.0.0.1\n").unwrap();
    let script = format!(
        "ip link set lo up && mount --bind {} /etc/resolv.conf && exec \"$0\" \"$@\"",
        file.display()
    );
    let output = Command::new("unshare")
        .args(["--net", "--mount", "sh", "-c", &script])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "names::inside", "--nocapture"])
        .env(INSIDE, "1")
        .output();
    let output = match output {
        Ok(output) if !String::from_utf8_lossy(&output.stderr).contains("unshare failed") => output,
        _ => {
            eprintln!("SKIPPED: needs root and unshare(1) for a network of its own");
            return;
        }
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let problem = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}{problem}");
    assert!(text.contains("1 passed"), "{text}");
}

/// Not a test by itself.
#[tokio::test]
async fn inside() {
    if std::env::var_os(INSIDE).is_none() {
        return;
    }
    let socket = UdpSocket::bind("127.0.0.1:53").await.unwrap();
    let names = tokio::spawn(serve(socket));
    let server = Server::start(|request| match request.path.as_str() {
        "/v2/" => ok(b"{}"),
        _ => ok(&manifest("x")),
    })
    .await;
    let domain = format!("{NAME}:{}", server.address.port());
    let mut config = config();
    config.insecure_registries.push(domain.clone());
    let client = RegistryClient::new(config);
    resolve(&client, &format!("{domain}/a:t")).await.unwrap();
    assert_eq!(server.count("/v2/a/manifests/t"), 1);
    let error = resolve(&client, "other.palan.example/a:t")
        .await
        .unwrap_err();
    let wanted = "dial tcp: lookup other.palan.example: no such host";
    assert!(error.to_string().ends_with(wanted), "{error}");
    names.abort();
}

/// Answers for one name, with 127.0.0.1 (RFC 1035, section 4.1).
async fn serve(socket: UdpSocket) {
    let mut query = [0; 512];
    while let Ok((length, from)) = socket.recv_from(&mut query).await {
        let question = question(&query[12..length]);
        let (name, kind) = (
            &question[..question.len() - 4],
            &question[question.len() - 4..],
        );
        let known = name == wire(NAME);
        let answers = u8::from(known && kind[1] == 1);
        // An answer, recursion available; code 3 for a name that does not exist.
        let code = if known { 0x80 } else { 0x83 };
        let mut reply = vec![query[0], query[1], 0x81, code, 0, 1, 0, answers, 0, 0, 0, 0];
        reply.extend_from_slice(question);
        if answers == 1 {
            // The question's name, type A, class IN, a minute, four bytes.
            reply.extend_from_slice(&[0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
        }
        socket.send_to(&reply, from).await.unwrap();
    }
}

/// The first question of a message without its head: name, type and class.
fn question(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap();
    &bytes[..end + 5]
}

/// A name as it is on the wire.
fn wire(name: &str) -> Vec<u8> {
    let label = |label: &str| [&[label.len() as u8], label.as_bytes()].concat();
    let mut bytes: Vec<u8> = name.split('.').flat_map(label).collect();
    bytes.push(0);
    bytes
}
