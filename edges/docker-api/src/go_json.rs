//! Decodes JSON as Go's `encoding/json` does, which is what Docker's clients rely on:
//!
//! - the names of fields match in any case, an exact match first; unknown ones are passed over;
//! - of a repeated field the last counts;
//! - `null` leaves the field at its zero value, in lists too;
//! - lists of a fixed length may be shorter (filled with zeros) or longer (cut).
//!
//! It works on any `Deserialize` type whose structs have `#[serde(default)]`: serde tells the
//! expected field names. Structs must not use `flatten`, which hides them.

mod decoder;
mod syntax;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

pub use decoder::Error;

/// Reads one JSON document.
///
/// # Errors
/// With Go's text, for example `invalid character 'x' looking for beginning of value`.
pub fn parse(bytes: &[u8]) -> Result<Value, Error> {
    serde_json::from_slice(bytes).map_err(|error| Error(syntax::go_text(bytes, &error)))
}

/// Decodes a document that was read before.
///
/// # Errors
/// When a field has another type, for example
/// `json: cannot unmarshal string into Go struct field HostConfig.Memory of type int64`.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
    T::deserialize(decoder::Decoder::root(value))
}

/// Reads and decodes one JSON document.
///
/// # Errors
/// As of [`parse`] and [`from_value`].
pub fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    from_value(parse(bytes)?)
}

/// Decodes a list of texts that may also be a single text (Go's `strslice.StrSlice`).
///
/// # Errors
/// When it is neither.
pub fn one_or_many<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<String>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        Many(Vec<Option<String>>),
        One(String),
    }
    let value = Option::<OneOrMany>::deserialize(deserializer)?;
    Ok(value.map(|value| match value {
        OneOrMany::Many(list) => list.into_iter().map(Option::unwrap_or_default).collect(),
        OneOrMany::One(text) => vec![text],
    }))
}

#[cfg(test)]
mod tests;
