//! A JSON document that keeps the order of its fields, as `inspect` must.

use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A JSON value. Cloning is cheap.
#[derive(Clone, Debug, PartialEq)]
pub enum Document {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number.
    Number(serde_json::Number),
    /// A string.
    Text(Arc<str>),
    /// An array.
    List(Arc<[Document]>),
    /// An object, in the order of the source.
    Object(Arc<[(Arc<str>, Document)]>),
}

impl Document {
    /// With each field's value replaced; anything but an object stays as it is.
    pub fn map_fields(self, change: impl Fn(&str, Document) -> Document) -> Self {
        match self {
            Self::Object(fields) => {
                let changed = fields.iter().map(|(key, value)| {
                    let value = change(key, value.clone());
                    (Arc::clone(key), value)
                });
                Self::Object(changed.collect())
            }
            other => other,
        }
    }

    /// On one line, as Go's encoder writes it without escaping HTML.
    pub fn compact(&self) -> String {
        let mut text = String::new();
        self.write_compact(&mut text);
        text
    }

    /// On many lines, each level indented by four blanks.
    pub fn indented(&self) -> String {
        let mut text = String::new();
        self.write_indented(&mut text, 0);
        text
    }

    fn write_compact(&self, out: &mut String) {
        match self {
            Self::List(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    item.write_compact(out);
                }
                out.push(']');
            }
            Self::Object(fields) => {
                out.push('{');
                for (index, (key, value)) in fields.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    write_text(out, key);
                    out.push(':');
                    value.write_compact(out);
                }
                out.push('}');
            }
            scalar => scalar.write_scalar(out),
        }
    }

    fn write_indented(&self, out: &mut String, level: usize) {
        let line = |out: &mut String, level: usize| {
            out.push('\n');
            out.push_str(&"    ".repeat(level));
        };
        match self {
            Self::List(items) if !items.is_empty() => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    line(out, level + 1);
                    item.write_indented(out, level + 1);
                }
                line(out, level);
                out.push(']');
            }
            Self::Object(fields) if !fields.is_empty() => {
                out.push('{');
                for (index, (key, value)) in fields.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    line(out, level + 1);
                    write_text(out, key);
                    out.push_str(": ");
                    value.write_indented(out, level + 1);
                }
                line(out, level);
                out.push('}');
            }
            other => other.write_compact(out),
        }
    }

    fn write_scalar(&self, out: &mut String) {
        match self {
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Number(number) => out.push_str(&number.to_string()),
            Self::Text(text) => write_text(out, text),
            _ => out.push_str("null"),
        }
    }
}

fn write_text(out: &mut String, text: &str) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DocumentVisitor)
    }
}

struct DocumentVisitor;

impl<'de> Visitor<'de> for DocumentVisitor {
    type Value = Document;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Document, E> {
        Ok(Document::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Document, E> {
        Ok(Document::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Document, E> {
        Ok(Document::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Document, E> {
        Ok(Document::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Document, E> {
        let number = serde_json::Number::from_f64(value);
        Ok(number.map_or(Document::Null, Document::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Document, E> {
        Ok(Document::Text(text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Document, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element()? {
            items.push(item);
        }
        Ok(Document::List(items.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Document, A::Error> {
        let mut fields = Vec::new();
        while let Some((key, value)) = map.next_entry::<String, Document>()? {
            fields.push((key.into(), value));
        }
        Ok(Document::Object(fields.into()))
    }
}
