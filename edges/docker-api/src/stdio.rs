//! The framing of attached streams and logs without a terminal: an 8-byte header (stream, three
//! zero bytes, big-endian length) in front of each piece ("Stream format" of the API's
//! `ContainerAttach`).

/// Content type of a stream that carries frames.
pub const MULTIPLEXED: &str = "application/vnd.docker.multiplexed-stream";
/// Content type of a stream that carries a terminal's bytes; before version 1.42 of frames, too.
pub const RAW: &str = "application/vnd.docker.raw-stream";
/// Length of a frame's header in bytes.
pub const HEADER_LENGTH: usize = 8;

/// Which stream a frame belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum StreamId {
    /// Standard input (never sent by servers, but in the protocol).
    Stdin = 0,
    /// Standard output.
    Stdout = 1,
    /// Standard error.
    Stderr = 2,
    /// A failure of the server that ends the stream.
    SystemError = 3,
}

/// The header of a frame with a payload of `length` bytes.
#[must_use]
pub fn frame_header(stream: StreamId, length: u32) -> [u8; HEADER_LENGTH] {
    let [a, b, c, d] = length.to_be_bytes();
    [stream as u8, 0, 0, 0, a, b, c, d]
}

/// Reads a frame's header; none when the stream number is unknown.
#[must_use]
pub fn parse_frame_header(header: [u8; HEADER_LENGTH]) -> Option<(StreamId, u32)> {
    let stream = match header[0] {
        0 => StreamId::Stdin,
        1 => StreamId::Stdout,
        2 => StreamId::Stderr,
        3 => StreamId::SystemError,
        _ => return None,
    };
    let [_, _, _, _, a, b, c, d] = header;
    Some((stream, u32::from_be_bytes([a, b, c, d])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_survive_a_round_trip() {
        let header = frame_header(StreamId::Stderr, 0x0102_0304);
        assert_eq!(header, [2, 0, 0, 0, 1, 2, 3, 4]);
        assert_eq!(
            parse_frame_header(header),
            Some((StreamId::Stderr, 0x0102_0304))
        );
        assert_eq!(parse_frame_header([9; 8]), None);
    }
}
