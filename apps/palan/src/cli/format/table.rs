//! Aligned columns as Go's `text/tabwriter` makes them: a cell ends with a tab; neighbouring lines
//! that have a cell in the same column share its width; what follows the last tab of a line is
//! not aligned.

/// Measures of the columns.
#[derive(Clone, Copy, Debug)]
pub struct Columns {
    /// Narrowest width, padding included.
    pub minimum: usize,
    /// Blanks after the widest cell.
    pub padding: usize,
}

/// The columns of listings.
pub const LISTING: Columns = Columns {
    minimum: 10,
    padding: 3,
};

/// Aligns a text of lines whose cells end with tabs.
pub fn align(text: &str, columns: Columns) -> String {
    let mut lines: Vec<Vec<&str>> = text.split('\n').map(|l| l.split('\t').collect()).collect();
    // What follows the last line end is an empty line of its own only when it has text.
    let ends_with_line = lines.last().is_some_and(|cells| cells == &[""]);
    if ends_with_line {
        lines.pop();
    }
    let mut widths: Vec<Vec<usize>> = lines.iter().map(|cells| vec![0; cells.len() - 1]).collect();
    measure(&lines, &mut widths, 0, lines.len(), 0, columns);
    let mut out = String::new();
    for (index, (cells, widths)) in lines.iter().zip(&widths).enumerate() {
        if index > 0 {
            out.push('\n');
        }
        for (column, cell) in cells.iter().enumerate() {
            out.push_str(cell);
            if let Some(width) = widths.get(column) {
                let blanks = width.saturating_sub(display_width(cell));
                out.extend(std::iter::repeat_n(' ', blanks));
            }
        }
    }
    if ends_with_line {
        out.push('\n');
    }
    out
}

/// Sets the width of a column in each block of neighbouring lines that have it, then of the
/// columns to its right inside that block.
fn measure(
    lines: &[Vec<&str>],
    widths: &mut [Vec<usize>],
    from: usize,
    to: usize,
    column: usize,
    columns: Columns,
) {
    let has = |line: usize| lines[line].len() > column + 1;
    let mut start = from;
    while start < to {
        if !has(start) {
            start += 1;
            continue;
        }
        let end = (start..to).find(|line| !has(*line)).unwrap_or(to);
        let widest = (start..end)
            .map(|line| display_width(lines[line][column]))
            .max();
        let width = (widest.unwrap_or(0) + columns.padding).max(columns.minimum);
        for line in &mut widths[start..end] {
            line[column] = width;
        }
        measure(lines, widths, start, end, column + 1, columns);
        start = end;
    }
}

/// Columns of a terminal that a text takes.
pub fn display_width(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        text.chars().map(char_width).sum()
    }
}

/// East Asian wide and full-width characters take two columns (Unicode Annex 11).
pub fn char_width(character: char) -> usize {
    let wide = matches!(u32::from(character),
        0x1100..=0x115F | 0x2E80..=0x303E | 0x3041..=0x33FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF
        | 0xA000..=0xA4CF | 0xA960..=0xA97F | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF | 0xFE30..=0xFE6F
        | 0xFF00..=0xFF60 | 0xFFE0..=0xFFE6 | 0x1F300..=0x1F64F | 0x1F900..=0x1F9FF
        | 0x20000..=0x3FFFD);
    if wide { 2 } else { 1 }
}
