//! Progress of pulls, loads and imports: a line per layer that is rewritten in place on a
//! terminal, one line per step elsewhere.

use std::io::{Read, Write};

use palan_docker_api::progress::{ProgressDetail, ProgressMessage};
use serde_json::Deserializer;

use crate::cli::failure::{Failure, Outcome};
use crate::cli::format::decimal_size;

/// A terminal narrower than this shows no bars.
const MIN_BAR_TERMINAL: usize = 110;
/// Characters of a full bar.
const BAR: usize = 50;

/// Where progress is shown.
pub struct Display<'w> {
    /// The stream.
    pub output: &'w mut dyn Write,
    /// Columns when it is a terminal, else none.
    pub columns: Option<usize>,
}

/// Shows messages until their end.
///
/// # Errors
/// The failure that the last message reports; broken streams.
pub fn show(source: impl Read, mut display: Display<'_>) -> Outcome {
    let mut lines: Vec<String> = Vec::new();
    for message in Deserializer::from_reader(source).into_iter::<ProgressMessage>() {
        let message = message.map_err(|error| {
            if error.is_eof() || error.is_io() {
                Failure::new("unexpected EOF")
            } else {
                Failure::from(error)
            }
        })?;
        if let Some(error) = &message.error_detail {
            return Err(Failure::new(error.message.clone()));
        }
        if let Some(text) = &message.error {
            return Err(Failure::new(text.clone()));
        }
        display.one(&message, &mut lines)?;
    }
    Ok(())
}

impl Display<'_> {
    /// Shows one message. `lines` are the identifiers whose lines stand above the cursor.
    fn one(&mut self, message: &ProgressMessage, lines: &mut Vec<String>) -> Outcome {
        let detail = message.progress_detail.as_ref();
        let id = message.id.as_deref().unwrap_or_default();
        let mut up = 0;
        if !id.is_empty() && (detail.is_some() || message.progress.is_some()) {
            let line = match lines.iter().position(|known| known == id) {
                Some(line) => line,
                None => {
                    lines.push(id.to_owned());
                    if self.columns.is_some() {
                        self.output.write_all(b"\n")?;
                    }
                    lines.len() - 1
                }
            };
            up = lines.len() - line;
        } else {
            lines.clear();
        }
        let text = self.text(message, id);
        if self.columns.is_some() && up > 0 {
            write!(self.output, "\x1b[{up}A{text}\x1b[{up}B")?;
        } else {
            self.output.write_all(text.as_bytes())?;
        }
        self.output.flush()?;
        Ok(())
    }

    fn text(&self, message: &ProgressMessage, id: &str) -> String {
        let detail = message.progress_detail.as_ref();
        let bar = detail
            .map(|detail| bar(detail, self.columns))
            .unwrap_or_default();
        if self.columns.is_none() && !bar.is_empty() {
            // Only steps are worth a line of a file.
            return String::new();
        }
        let head = if id.is_empty() {
            String::new()
        } else {
            format!("{id}: ")
        };
        let status = message.status.as_deref().unwrap_or_default();
        match (&message.stream, detail, self.columns) {
            (Some(stream), ..) => format!("{head}{stream}"),
            (None, Some(_), Some(_)) => format!("\x1b[2K\r{head}{status} {bar}\r"),
            _ => format!("{head}{status}\n"),
        }
    }
}

/// `[=====>     ]  1.2MB/4.9MB`.
fn bar(detail: &ProgressDetail, columns: Option<usize>) -> String {
    #[allow(clippy::cast_precision_loss)]
    let size = |bytes: i64| decimal_size(bytes as f64);
    let current = size(detail.current);
    if detail.total <= 0 {
        return match detail.current {
            ..=0 => String::new(),
            _ => format!("{current:>8}"),
        };
    }
    let mut text = String::new();
    if columns.unwrap_or(0) > MIN_BAR_TERMINAL {
        let share = detail.current.max(0) * i64::try_from(BAR).unwrap_or(0) / detail.total;
        let done = usize::try_from(share).unwrap_or(0).min(BAR);
        text = format!("[{}>{}] ", "=".repeat(done), " ".repeat(BAR - done));
    }
    text.push_str(&format!("{current:>8}"));
    if detail.current <= detail.total {
        text.push_str(&format!("/{}", size(detail.total)));
    }
    text
}
