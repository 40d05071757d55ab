//! Elements of sets and maps.

use super::expression::{Verdict, put_value};
use super::{ELEMENTS_PER_MESSAGE, LIST_ELEMENT, header, kind};
use crate::netlink::{AttributeReader, Attributes, Message};

const NEWSETELEM: u16 = kind(12);
const GETSETELEM: u16 = kind(13);
const DELSETELEM: u16 = kind(14);
const CREATE: u16 = libc::NLM_F_CREATE as u16;

const LIST_TABLE: u16 = 1;
const LIST_SET: u16 = 2;
const LIST_ELEMENTS: u16 = 3;
const ELEMENT_KEY: u16 = 1;
const ELEMENT_DATA: u16 = 2;
const ELEMENT_FLAGS: u16 = 3;
const DATA_VALUE: u16 = 1;
/// `NFT_SET_ELEM_INTERVAL_END`.
const RANGE_END: u32 = 1;

/// What a map has for a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing: the element is in a set.
    None,
    /// Bytes, padded part by part to 4.
    Bytes(Vec<u8>),
    /// A verdict.
    Verdict(Verdict),
}

/// One element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// The key, padded part by part to 4 bytes. In a set of ranges, the lowest key.
    pub key: Vec<u8>,
    /// In a set of ranges, the lowest key above the range.
    pub end: Option<Vec<u8>>,
    /// The value.
    pub value: Value,
}

impl Element {
    fn put(&self, list: &mut Attributes) {
        list.nest(LIST_ELEMENT, |a| {
            a.nest(ELEMENT_KEY, |k| put_value(k, &self.key));
            match &self.value {
                Value::None => {}
                Value::Bytes(bytes) => {
                    a.nest(ELEMENT_DATA, |d| put_value(d, bytes));
                }
                Value::Verdict(verdict) => {
                    a.nest(ELEMENT_DATA, |d| verdict.put(d));
                }
            }
        });
        if let Some(end) = &self.end {
            list.nest(LIST_ELEMENT, |a| {
                a.nest(ELEMENT_KEY, |k| put_value(k, end))
                    .put_be32(ELEMENT_FLAGS, RANGE_END);
            });
        }
    }
}

/// Makes sure that the elements are in the set. One whose key is there with another value is an error.
pub fn add_elements(table: &str, set: &str, elements: &[Element]) -> Vec<Message> {
    in_pieces(NEWSETELEM, CREATE, table, set, elements)
}

/// Deletes elements, which must be there.
pub fn delete_elements(table: &str, set: &str, elements: &[Element]) -> Vec<Message> {
    in_pieces(DELSETELEM, 0, table, set, elements)
}

fn in_pieces(kind: u16, flags: u16, table: &str, set: &str, elements: &[Element]) -> Vec<Message> {
    let piece = |elements: &[Element]| {
        list_message(kind, flags, table, set).with(|a| {
            a.nest(LIST_ELEMENTS, |list| {
                for element in elements {
                    element.put(list);
                }
            });
        })
    };
    elements.chunks(ELEMENTS_PER_MESSAGE).map(piece).collect()
}

/// Asks for a set's elements.
pub fn list_elements(table: &str, set: &str) -> Message {
    list_message(GETSETELEM, 0, table, set)
}

fn list_message(kind: u16, flags: u16, table: &str, set: &str) -> Message {
    Message::new(kind, flags, &header()).with(|a| {
        a.put_text(LIST_TABLE, table).put_text(LIST_SET, set);
    })
}

/// The keys and values in one message of a list; ends of ranges and verdicts are left out.
pub fn read_elements(body: &[u8]) -> Vec<Element> {
    let Some(attributes) = body.get(header().len()..) else {
        return Vec::new();
    };
    let list = AttributeReader::new(attributes).nested(LIST_ELEMENTS);
    list.into_iter()
        .flatten()
        .filter_map(|(_, element)| read_element(AttributeReader::new(element)))
        .collect()
}

fn read_element(element: AttributeReader<'_>) -> Option<Element> {
    if element.be32(ELEMENT_FLAGS).unwrap_or(0) & RANGE_END != 0 {
        return None;
    }
    let value = element
        .nested(ELEMENT_DATA)
        .and_then(|data| data.value(DATA_VALUE));
    Some(Element {
        key: element.nested(ELEMENT_KEY)?.value(DATA_VALUE)?.to_vec(),
        end: None,
        value: value.map_or(Value::None, |bytes| Value::Bytes(bytes.to_vec())),
    })
}
