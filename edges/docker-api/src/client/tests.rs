use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::thread::JoinHandle;

use super::*;
use crate::ApiVersion;

/// Answers each request on each connection with the next text; returns what it read.
struct Server {
    host: Host,
    thread: JoinHandle<Vec<String>>,
    _directory: tempfile::TempDir,
}

impl Server {
    /// Each inner list is one connection's answers.
    fn start(connections: Vec<Vec<&'static [u8]>>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("engine.sock");
        let listener = UnixListener::bind(&path).unwrap();
        let thread = std::thread::spawn(move || {
            let mut requests = Vec::new();
            for answers in connections {
                let (mut stream, _) = listener.accept().unwrap();
                for answer in answers {
                    requests.push(read_request(&mut stream));
                    stream.write_all(answer).unwrap();
                }
            }
            requests
        });
        Self {
            host: Host::Unix(path),
            thread,
            _directory: directory,
        }
    }

    fn client(&self) -> Client {
        Client::new(self.host.clone(), Versioning::Fixed(ApiVersion::v1(41)))
    }

    fn requests(self) -> Vec<String> {
        self.thread.join().unwrap()
    }
}

/// Reads a head and, when it announces one, a body.
fn read_request(stream: &mut UnixStream) -> String {
    let mut text = String::new();
    let mut byte = [0];
    let ended = |text: &str| match text.split_once("\r\n\r\n") {
        Some((head, body)) if head.contains("chunked") => body.ends_with("0\r\n\r\n"),
        Some((head, body)) => {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("Content-Length: "));
            body.len() >= length.map_or(0, |digits| digits.parse().unwrap())
        }
        None => false,
    };
    while !ended(&text) && stream.read(&mut byte).unwrap() == 1 {
        text.push(char::from(byte[0]));
    }
    text
}

#[test]
fn a_connection_is_kept_for_the_next_request() {
    let server = Server::start(vec![vec![
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 17\r\n\r\n{\"message\":\"boo\"}",
    ]]);
    let client = server.client();
    let get = || client.call(Request::get(&["a", "b/c d"]).query("x", "&="));
    assert_eq!(get().unwrap().bytes().unwrap(), b"hi");
    assert_eq!(get().unwrap().bytes().unwrap(), b"abcde");
    assert_eq!(client.call(Request::post(&["p"])).unwrap().status(), 204);
    let refused = client.call(Request::delete(&["d"])).unwrap_err();
    assert!(refused.is_not_found());
    assert_eq!(refused.to_string(), "Error response from daemon: boo");
    let requests = server.requests();
    assert!(requests[0].starts_with("GET /v1.41/a/b/c%20d?x=%26%3D HTTP/1.1\r\nHost: "));
    assert!(requests[2].contains("\r\nContent-Length: 0\r\n\r\n"));
}

#[test]
fn bodies_are_sent_as_json_or_in_chunks() {
    let ok = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    let server = Server::start(vec![vec![ok, ok]]);
    let client = server.client();
    client.call(Request::post(&["j"]).json(&["x"])).unwrap();
    let mut input: &[u8] = b"payload";
    client
        .call(Request::post(&["s"]).stream("application/x-tar", &mut input))
        .unwrap();
    let requests = server.requests();
    assert!(requests[0].ends_with("Content-Length: 5\r\n\r\n[\"x\"]"));
    assert!(requests[1].ends_with("chunked\r\n\r\n7\r\npayload\r\n0\r\n\r\n"));
}

#[test]
fn the_older_version_is_spoken() {
    let pong: &[u8] = b"HTTP/1.1 200 OK\r\nApi-Version: 1.30\r\nContent-Length: 0\r\n\r\n";
    let server = Server::start(vec![vec![pong, pong]]);
    let client = Client::new(server.host.clone(), Versioning::Negotiate);
    client.call(Request::get(&["info"])).unwrap();
    assert_eq!(client.version().unwrap(), ApiVersion::v1(30));
    let requests = server.requests();
    assert!(requests[0].starts_with("HEAD /_ping HTTP/1.1"));
    assert!(requests[1].starts_with("GET /v1.30/info HTTP/1.1"));
}

#[test]
fn requests_may_wait_for_their_answers_together() {
    let ok = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1";
    let server = Server::start(vec![vec![ok], vec![ok]]);
    let client = server.client();
    let first = client.send(Request::get(&["a"])).unwrap();
    let second = client.send(Request::get(&["b"])).unwrap();
    assert_eq!(second.response().unwrap().bytes().unwrap(), b"1");
    assert_eq!(first.response().unwrap().bytes().unwrap(), b"1");
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_hijacked_connection_begins_with_what_was_read_ahead() {
    let server = Server::start(vec![vec![
        b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nraw bytes",
    ]]);
    let client = server.client();
    let sent = client.send(Request::post(&["attach"]).upgrade()).unwrap();
    let mut text = String::new();
    sent.hijack().unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "raw bytes");
    assert!(server.requests()[0].contains("Connection: Upgrade\r\nUpgrade: tcp\r\n"));
}

#[test]
fn a_refused_hijack_tells_why_in_plain_text() {
    let server = Server::start(vec![vec![
        b"HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\nNo such container: x\r\n",
    ]]);
    let client = server.client();
    let sent = client.send(Request::post(&["attach"]).upgrade()).unwrap();
    let refused = sent.hijack().unwrap_err();
    assert_eq!(
        refused.to_string(),
        "Error response from daemon: No such container: x"
    );
}

#[test]
fn foreign_bytes_are_errors() {
    for answer in [
        &b"SSH-2.0-x\r\n\r\n"[..],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 \xff\xfe\r\n\r\n",
        b"",
    ] {
        let server = Server::start(vec![vec![answer]]);
        let client = server.client();
        let outcome = client.call(Request::get(&["x"])).and_then(Response::bytes);
        assert!(outcome.is_err(), "{answer:?}");
        server.requests();
    }
}

#[test]
fn nobody_there_is_dockers_text() {
    let host = Host::Unix("/nosuch/engine.sock".into());
    let client = Client::new(host, Versioning::Negotiate);
    let error = client.call(Request::get(&["info"])).unwrap_err();
    assert!(error.is_connect());
    assert_eq!(
        error.to_string(),
        "Cannot connect to the Docker daemon at unix:///nosuch/engine.sock. Is the docker daemon \
         running?"
    );
}

#[test]
fn hosts() {
    let parse = |text: &str| text.parse::<Host>().map(|host| host.to_string());
    for (text, shown) in [
        ("unix:///a.sock", "unix:///a.sock"),
        ("unix://", "unix:///var/run/docker.sock"),
        ("tcp://h:1", "tcp://h:1"),
        ("tcp://:1", "tcp://127.0.0.1:1"),
        ("h", "tcp://h:2375"),
        ("tcp://[::1]:5/base/", "tcp://[::1]:5/base"),
        ("http://1.2.3.4:5", "tcp://1.2.3.4:5"),
        ("ssh://me@host:22", "ssh://me@host:22"),
    ] {
        assert_eq!(parse(text).unwrap(), shown, "{text}");
    }
    for text in [
        "",
        "foo://x",
        "tcp://h:x",
        "tcp://h:99999",
        "ssh://-oProxyCommand=x",
        "ssh://",
    ] {
        assert!(text.parse::<Host>().is_err(), "{text}");
    }
}

fn copied(bytes: &[u8], chunk: usize) -> (String, String, Result<(), String>) {
    struct Pieces<'b>(&'b [u8], usize);
    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = self.1.min(buffer.len());
            self.0.read(&mut buffer[..count])
        }
    }
    let (mut output, mut error) = (Vec::new(), Vec::new());
    let outcome = copy_frames(&mut Pieces(bytes, chunk), &mut output, &mut error);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        text(output),
        text(error),
        outcome.map_err(|e| e.to_string()),
    )
}

#[test]
fn frames_are_taken_apart_however_they_arrive() {
    let bytes =
        b"\x01\0\0\0\0\0\0\x02ab\x02\0\0\0\0\0\0\x01e\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\x03cdX";
    for chunk in [1, 3, 8, 100] {
        let whole = copied(&bytes[..bytes.len() - 1], chunk);
        assert_eq!(whole, ("abcd".into(), "e".into(), Ok(())), "{chunk}");
    }
    let failure = copied(b"\x03\0\0\0\0\0\0\x04boom", 2).2;
    assert_eq!(failure.unwrap_err(), "error from daemon in stream: boom");
    assert_eq!(
        copied(b"\x09\0\0\0\0\0\0\x01x", 9).2.unwrap_err(),
        "unrecognized stream: 9"
    );
}

#[test]
fn names_of_hosts() {
    let localhost = names::lookup("localhost").unwrap();
    assert!(localhost.iter().all(std::net::IpAddr::is_loopback));
    assert_eq!(names::lookup("::1").unwrap().len(), 1);
    let query = names::encode_query(7, "a.example", 1).unwrap();
    assert_eq!(&query[..2], [0, 7]);
    assert_eq!(&query[12..], b"\x01a\x07example\0\0\x01\0\x01");
    for name in ["", "a..b", &"x".repeat(64)] {
        assert!(names::encode_query(7, name, 1).is_none(), "{name}");
    }
    // The question, an alias and an address, both by pointers to the question.
    let mut answer = query.clone();
    answer[2] |= 0x80;
    answer[7] = 2;
    answer.extend(b"\xc0\x0c\0\x05\0\x01\0\0\0\x09\0\x02\xc0\x0e");
    answer.extend(b"\xc0\x0e\0\x01\0\x01\0\0\0\x09\0\x04\x7f\0\0\x05");
    let wanted: Vec<std::net::IpAddr> = vec!["127.0.0.5".parse().unwrap()];
    assert_eq!(names::decode_answer(&answer, 7, 1), Some(wanted));
    assert_eq!(names::decode_answer(&answer, 8, 1), None);
    for cut in 0..answer.len() {
        assert_eq!(names::decode_answer(&answer[..cut], 7, 1), None, "{cut}");
    }
}
