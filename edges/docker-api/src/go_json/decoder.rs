//! A serde deserializer over a JSON value, with Go's leniency.

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{self, DeserializeSeed, IntoDeserializer, MapAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Number, Value};

/// Why a document could not be decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Error(pub(super) String);

impl de::Error for Error {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self(format!("json: {message}"))
    }
}

/// A value and where it stands in the document, for messages.
pub(super) struct Decoder {
    value: Value,
    /// Name of the outermost struct and of the fields on the way here, joined by dots.
    place: String,
}

impl<'de> IntoDeserializer<'de, Error> for Decoder {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

impl Decoder {
    pub(super) fn root(value: Value) -> Self {
        Self {
            value,
            place: String::new(),
        }
    }

    fn mismatch(&self, wanted: &str) -> Error {
        let found = match &self.value {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Number(number) if number.is_f64() => {
                return self.message(&format!("number {number}"), wanted);
            }
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        self.message(found, wanted)
    }

    fn message(&self, found: &str, wanted: &str) -> Error {
        let into = if self.place.contains('.') {
            format!("Go struct field {} of type {wanted}", self.place)
        } else {
            format!("Go value of type {wanted}")
        };
        Error(format!("json: cannot unmarshal {found} into {into}"))
    }

    fn integer(&self, wanted: &str) -> Result<i128, Error> {
        match &self.value {
            Value::Null => Ok(0),
            Value::Number(number) => as_integer(number).ok_or_else(|| self.mismatch(wanted)),
            _ => Err(self.mismatch(wanted)),
        }
    }

    fn out_of_range(&self, wanted: &str) -> Error {
        self.message(&format!("number {}", self.value), wanted)
    }
}

fn as_integer(number: &Number) -> Option<i128> {
    number
        .as_i64()
        .map(i128::from)
        .or_else(|| number.as_u64().map(i128::from))
}

macro_rules! integers {
    ($($method:ident $visit:ident $rust:ident $go:literal)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            let number = $rust::try_from(self.integer($go)?)
                .map_err(|_| self.out_of_range($go))?;
            visitor.$visit(number)
        })*
    };
}

impl<'de> de::Deserializer<'de> for Decoder {
    type Error = Error;

    integers! {
        deserialize_i8 visit_i8 i8 "int8"
        deserialize_i16 visit_i16 i16 "int16"
        deserialize_i32 visit_i32 i32 "int32"
        deserialize_i64 visit_i64 i64 "int64"
        deserialize_u8 visit_u8 u8 "uint8"
        deserialize_u16 visit_u16 u16 "uint16"
        deserialize_u32 visit_u32 u32 "uint32"
        deserialize_u64 visit_u64 u64 "uint64"
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(value), _) => visitor.visit_u64(value),
                (None, Some(value)) => visitor.visit_i64(value),
                (None, None) => visitor.visit_f64(number.as_f64().unwrap_or_default()),
            },
            Value::String(text) => visitor.visit_string(text),
            Value::Array(items) => visit_list(items, &self.place, visitor),
            Value::Object(fields) => visit_map(fields, &self.place, visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::Null => visitor.visit_bool(false),
            Value::Bool(value) => visitor.visit_bool(value),
            _ => Err(self.mismatch("bool")),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::Null => visitor.visit_string(String::new()),
            Value::String(text) => visitor.visit_string(text),
            _ => Err(self.mismatch("string")),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_string(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.value.is_null() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::Null => visit_list(Vec::new(), &self.place, visitor),
            Value::Array(items) => visit_list(items, &self.place, visitor),
            _ => Err(self.mismatch("[]string")),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        let mut items = match self.value {
            Value::Null => Vec::new(),
            Value::Array(items) => items,
            _ => return Err(self.mismatch(&format!("[{length}]uint"))),
        };
        items.resize(length, Value::Null);
        visit_list(items, &self.place, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::Null => visit_map(Map::new(), &self.place, visitor),
            Value::Object(fields) => visit_map(fields, &self.place, visitor),
            _ => Err(self.mismatch("map[string]string")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let place = if self.place.is_empty() {
            name.to_owned()
        } else {
            self.place.clone()
        };
        match self.value {
            Value::Null => visitor.visit_map(Fields::new(Map::new(), fields, place)),
            Value::Object(found) => visitor.visit_map(Fields::new(found, fields, place)),
            _ => Err(self.mismatch(name)),
        }
    }

    forward_to_deserialize_any! {
        i128 u128 f32 f64 char bytes byte_buf unit unit_struct newtype_struct tuple_struct enum
        identifier ignored_any
    }
}

fn visit_list<'de, V: Visitor<'de>>(
    items: Vec<Value>,
    place: &str,
    visitor: V,
) -> Result<V::Value, Error> {
    let items = items.into_iter().map(|value| Decoder {
        value,
        place: place.to_owned(),
    });
    visitor.visit_seq(SeqDeserializer::new(items))
}

fn visit_map<'de, V: Visitor<'de>>(
    fields: Map<String, Value>,
    place: &str,
    visitor: V,
) -> Result<V::Value, Error> {
    let fields = fields.into_iter().map(|(key, value)| {
        let place = format!("{place}.{key}");
        (key, Decoder { value, place })
    });
    visitor.visit_map(MapDeserializer::new(fields))
}

/// The fields of an object under the names that a struct expects. `null` is left out.
struct Fields {
    found: std::vec::IntoIter<(&'static str, Value)>,
    next: Option<Decoder>,
    place: String,
}

impl Fields {
    fn new(found: Map<String, Value>, expected: &'static [&'static str], place: String) -> Self {
        let mut known: Vec<(&'static str, bool, Value)> = Vec::with_capacity(found.len());
        for (key, value) in found {
            let exact = expected.iter().find(|name| **name == key);
            let folded = || expected.iter().find(|name| name.eq_ignore_ascii_case(&key));
            let Some(name) = exact.or_else(folded) else {
                continue;
            };
            if value.is_null() {
                continue;
            }
            match known.iter_mut().find(|(known, ..)| known == name) {
                Some(earlier) if exact.is_some() || !earlier.1 => {
                    *earlier = (name, exact.is_some(), value);
                }
                Some(_) => {}
                None => known.push((name, exact.is_some(), value)),
            }
        }
        let found: Vec<_> = known
            .into_iter()
            .map(|(name, _, value)| (name, value))
            .collect();
        Self {
            found: found.into_iter(),
            next: None,
            place,
        }
    }
}

impl<'de> MapAccess<'de> for Fields {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let Some((name, value)) = self.found.next() else {
            return Ok(None);
        };
        self.next = Some(Decoder {
            value,
            place: format!("{}.{name}", self.place),
        });
        seed.deserialize(name.into_deserializer()).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let decoder = self.next.take().expect("serde asks for a key first");
        seed.deserialize(decoder)
    }
}
