//! What a probe writes, and what is said in its place when it takes too long.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};

/// Bytes of a probe's output that are kept, as in Docker.
pub(super) const LONGEST: usize = 4096;

/// Reads an attached client's frames (see `palan_model::runner`) to their end and keeps the
/// beginning of what both streams carry; dots stand for the rest.
///
/// # Errors
/// When the stream breaks.
pub(super) async fn read_output(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<String> {
    let (mut kept, mut cut) = (vec![], false);
    let mut header = [0; 8];
    loop {
        match stream.read_exact(&mut header).await {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
            Err(error) => return Err(error),
        }
        let length = u32::from_be_bytes([header[4], header[5], header[6], header[7]]);
        let mut payload = stream.take(length.into());
        let room = (LONGEST - kept.len()) as u64;
        (&mut payload).take(room).read_to_end(&mut kept).await?;
        cut |= tokio::io::copy(&mut payload, &mut tokio::io::sink()).await? > 0;
    }
    let mut text = String::from_utf8_lossy(&kept).into_owned();
    if cut {
        text.push_str("...");
    }
    Ok(text)
}

/// Docker's words for a probe that takes too long.
pub(super) fn exceeded(timeout: Duration) -> String {
    format!("Health check exceeded timeout ({})", go_duration(timeout))
}

/// As Go prints it: `1m30s`, `1.5s`, `20ms`.
pub(super) fn go_duration(duration: Duration) -> String {
    let nanoseconds = duration.as_nanos();
    match nanoseconds {
        0 => return "0s".to_owned(),
        1..1_000 => return format!("{nanoseconds}ns"),
        1_000..1_000_000 => return format!("{}µs", decimal(nanoseconds, 3)),
        1_000_000..1_000_000_000 => return format!("{}ms", decimal(nanoseconds, 6)),
        _ => {}
    }
    let minutes = duration.as_secs() / 60;
    let seconds = decimal(nanoseconds % 60_000_000_000, 9);
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{seconds}s"),
        (0, minutes) => format!("{minutes}m{seconds}s"),
        (hours, minutes) => format!("{hours}h{minutes}m{seconds}s"),
    }
}

/// With the point before the last `places` digits, without zeros at the end.
fn decimal(number: u128, places: usize) -> String {
    let digits = format!("{number:0width$}", width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    match fraction.trim_end_matches('0') {
        "" => whole.to_owned(),
        fraction => format!("{whole}.{fraction}"),
    }
}
