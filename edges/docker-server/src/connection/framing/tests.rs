use super::*;

fn head(text: &str) -> Head {
    Head::parse(text.as_bytes()).unwrap()
}

#[test]
fn heads_end_at_the_empty_line() {
    assert_eq!(
        head_length(b"GET / HTTP/1.1\r\nA: b\r\n\r\nrest"),
        HeadLength::Complete(24)
    );
    assert_eq!(
        head_length(b"GET / HTTP/1.1\n\nrest"),
        HeadLength::Complete(16)
    );
    assert_eq!(
        head_length(b"\r\nGET / HTTP/1.1\r\n\r\n"),
        HeadLength::Complete(20)
    );
    assert_eq!(
        head_length(b"GET / HTTP/1.1\r\nA: b\r\n"),
        HeadLength::Incomplete
    );
    assert_eq!(head_length(&vec![b'x'; MAX_HEAD + 1]), HeadLength::TooLong);
}

#[test]
fn heads_tell_how_the_body_is_delimited() {
    assert_eq!(head("GET / HTTP/1.1\r\n\r\n").body, Framing::Head);
    assert_eq!(
        head("POST / HTTP/1.1\r\ncontent-length: 0\r\n\r\n").body,
        Framing::Head
    );
    assert_eq!(
        head("POST / HTTP/1.1\r\nContent-Length: 12\r\n\r\n").body,
        Framing::Sized(12)
    );
    let both = "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(head(both).body, Framing::Chunked(Chunk::Size(0)));
}

#[test]
fn other_protocols_are_not_heads() {
    for text in [
        "PRI * HTTP/2.0\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "x\r\n\r\n",
        "\r\n\r\n",
    ] {
        assert_eq!(Head::parse(text.as_bytes()), None, "{text:?}");
    }
    assert_eq!(
        Head::parse(b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n"),
        None
    );
}

#[test]
fn sized_bodies_are_measured_across_pieces() {
    let mut framing = Framing::Sized(5);
    assert_eq!(framing.pass(b"abc"), 3);
    assert_eq!(framing.pass(b"deGET"), 2);
    assert_eq!(framing, Framing::Head);
}

#[test]
fn chunked_bodies_are_measured_in_any_pieces() {
    let body = b"5;x=y\r\nhello\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\nGET / HTTP/1.1";
    let length = body.len() - b"GET / HTTP/1.1".len();
    for piece in 1..body.len() {
        let mut framing = Framing::Chunked(Chunk::Size(0));
        let passed: usize = body
            .chunks(piece)
            .scan((), |(), bytes| {
                (framing != Framing::Head).then(|| framing.pass(bytes))
            })
            .sum();
        assert_eq!(
            (framing, passed),
            (Framing::Head, length),
            "pieces of {piece}"
        );
    }
}

#[test]
fn absurd_chunk_sizes_end_the_measuring() {
    let mut framing = Framing::Chunked(Chunk::Size(0));
    let bytes = b"fffffffffffffffffff\r\n";
    assert_eq!(framing.pass(bytes), bytes.len());
    assert_eq!(framing, Framing::Opaque);
}
