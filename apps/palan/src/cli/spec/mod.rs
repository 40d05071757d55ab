//! The small languages of `run` and `create`: `-p 8080:80`, `-v data:/data:ro`, `--mount type=..`
//! and so on, each turned into the API's documents. Pure: no engine, no state; files are read only
//! where the user names one.

pub mod device;
pub mod duration;
pub mod filter;
pub mod gpus;
pub mod health;
pub mod key_value;
pub mod mount;
pub mod namespace;
pub mod network;
pub mod port;
pub mod restart;
pub mod security;
pub mod size;
#[cfg(test)]
mod tests;
pub mod ulimit;
pub mod validate;
pub mod volume;

/// Splits a line of comma-separated fields with double quotes (RFC 4180).
pub fn csv_fields(line: &str) -> Result<Vec<String>, String> {
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        let (field, after) = csv_field(rest, line)?;
        fields.push(field);
        match after {
            Some(next) => rest = next,
            None => return Ok(fields),
        }
    }
}

/// The first field, and what follows its comma.
fn csv_field<'t>(text: &'t str, line: &str) -> Result<(String, Option<&'t str>), String> {
    let failed = |rest: &str, what: &str| {
        let column = line.len() - rest.len() + 1;
        Err(format!(
            "parse error on line 1, column {column}: {what}-field"
        ))
    };
    let Some(mut rest) = text.strip_prefix('"') else {
        let (field, after) = match text.split_once(',') {
            Some((field, after)) => (field, Some(after)),
            None => (text, None),
        };
        if let Some(quote) = field.find('"') {
            return failed(&text[quote..], "bare \" in non-quoted");
        }
        return Ok((field.to_owned(), after));
    };
    let mut field = String::new();
    loop {
        let Some((piece, after)) = rest.split_once('"') else {
            return failed("", "extraneous or missing \" in quoted");
        };
        field.push_str(piece);
        if let Some(more) = after.strip_prefix('"') {
            field.push('"');
            rest = more;
        } else if after.is_empty() {
            return Ok((field, None));
        } else if let Some(next) = after.strip_prefix(',') {
            return Ok((field, Some(next)));
        } else {
            return failed(after, "extraneous or missing \" in quoted");
        }
    }
}
