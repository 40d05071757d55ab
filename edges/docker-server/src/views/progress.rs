//! Progress of pulls and loads.

use palan_docker_api::progress::{ProgressDetail, ProgressMessage};
use palan_engine::images::ImageProgress;

use super::wide;

/// Width of a bar in characters.
const BAR: i64 = 50;

/// Which lines have the field `progressDetail`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProgressFormat {
    /// Those about layers.
    Pull,
    /// All.
    Load,
}

/// Writes a line.
pub(crate) fn progress_message(step: ImageProgress, format: ProgressFormat) -> ProgressMessage {
    let (current, total) = (wide(step.current), wide(step.total));
    let measured = current > 0 || total > 0;
    // `Pulling from ..` names the tag; it is about no layer.
    let about_layer = step.id.is_some() && !step.status.starts_with("Pulling from ");
    ProgressMessage {
        progress: measured.then(|| bar(current, total)),
        progress_detail: (about_layer || measured || format == ProgressFormat::Load)
            .then_some(ProgressDetail { current, total }),
        id: step.id,
        ..ProgressMessage::status(step.status)
    }
}

/// The bar as text, 50 characters wide, with the sizes.
fn bar(current: i64, total: i64) -> String {
    let done = human_size(current);
    if total <= 0 {
        return format!("{done:>8}");
    }
    let filled = (current.min(total) * 100 / total / 2).clamp(0, BAR);
    let (arrow, rest) = match usize::try_from(filled).unwrap_or_default() {
        filled if filled < 50 => ("=".repeat(filled), " ".repeat(50 - filled)),
        filled => ("=".repeat(filled), String::new()),
    };
    if current > total {
        return format!("[{arrow}>{rest}] {done:>8}");
    }
    format!("[{arrow}>{rest}] {done:>8}/{}", human_size(total))
}

/// Four significant digits and a decimal unit, for example `32.77kB`.
fn human_size(bytes: i64) -> String {
    const UNITS: [&str; 7] = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    #[allow(clippy::cast_precision_loss)]
    let mut size = bytes as f64;
    let mut unit = 0;
    while size >= 1000.0 && unit < UNITS.len() - 1 {
        size /= 1000.0;
        unit += 1;
    }
    format!("{}{}", significant(size), UNITS[unit])
}

/// Go's `%.4g` for numbers from 0 to 1000.
fn significant(number: f64) -> String {
    let whole_digits = match number {
        n if n >= 1000.0 => 4,
        n if n >= 100.0 => 3,
        n if n >= 10.0 => 2,
        _ => 1,
    };
    let text = format!("{number:.*}", 4 - whole_digits);
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_drawn_as_docker_draws_them() {
        assert_eq!(
            bar(36445, 3001300),
            "[>                                                  ]  36.45kB/3.001MB"
        );
        assert_eq!(
            bar(3001300, 3001300),
            "[==================================================>]  3.001MB/3.001MB"
        );
        assert_eq!(bar(1000, 0), "     1kB");
    }

    #[test]
    fn sizes_have_four_digits() {
        let sizes = [
            (0, "0B"),
            (999, "999B"),
            (1000, "1kB"),
            (32768, "32.77kB"),
            (2_500_000, "2.5MB"),
        ];
        for (bytes, text) in sizes {
            assert_eq!(human_size(bytes), text);
        }
    }
}
