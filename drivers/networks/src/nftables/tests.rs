use proptest::prelude::*;

use super::element::{add_elements, delete_elements, read_elements};
use super::*;
use crate::netlink::{AttributeReader, Message};

/// What follows the netlink header.
fn body(message: &Message) -> Vec<u8> {
    let mut bytes = Vec::new();
    message.encode(1, 0, &mut bytes);
    bytes.split_off(16)
}

fn element() -> impl Strategy<Value = Element> {
    let word = || prop::array::uniform4(any::<u8>());
    let value = prop_oneof![
        Just(Value::None),
        (word(), word()).prop_map(|(a, b)| Value::Bytes([a, b].concat())),
    ];
    (prop::collection::vec(word(), 1..4), value).prop_map(|(key, value)| Element {
        key: key.concat(),
        end: None,
        value,
    })
}

proptest! {
    #[test]
    fn elements_are_read_as_written(elements in prop::collection::vec(element(), 0..900)) {
        for messages in [
            add_elements("table", "set", &elements),
            delete_elements("table", "set", &elements),
        ] {
            let read: Vec<_> = messages.iter().flat_map(|m| read_elements(&body(m))).collect();
            prop_assert_eq!(&read, &elements);
            prop_assert_eq!(messages.len(), elements.len().div_ceil(ELEMENTS_PER_MESSAGE));
        }
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = read_elements(&bytes);
    }
}

#[test]
fn the_end_of_a_range_is_no_element_of_its_own() {
    let range = Element {
        key: vec![172, 17, 0, 0],
        end: Some(vec![172, 18, 0, 0]),
        value: Value::Verdict(Verdict::Goto("chain".to_owned())),
    };
    let messages = add_elements("table", "set", &[range]);
    let read = read_elements(&body(&messages[0]));
    assert_eq!(read.len(), 1);
    assert_eq!(read[0].key, [172, 17, 0, 0]);
}

#[test]
fn a_batch_lies_between_its_borders() {
    let mut batch = Batch::new("t");
    assert!(batch.is_empty());
    batch.add_table().clear_chain("c");
    assert!(!batch.is_empty());
    let messages = batch.finish();
    let kinds: Vec<_> = messages.iter().map(|m| m.kind).collect();
    assert_eq!(kinds, [16, kind(0), kind(8), 17]);
    assert_eq!(body(&messages[0]), [0, 0, 0, 10]);
}

#[test]
fn expressions_have_the_kernels_names_and_numbers() {
    let mut batch = Batch::new("t");
    batch.add_rule(
        "c",
        &[
            Expression::TransportHeader {
                offset: 2,
                length: 2,
                register: word(1),
            },
            Expression::Verdict(Verdict::Jump("other".to_owned())),
        ],
    );
    let rule = body(&batch.finish()[1]);
    let list = AttributeReader::new(&rule[4..])
        .nested(4)
        .expect("NFTA_RULE_EXPRESSIONS");
    let expressions: Vec<_> = list.map(|(_, e)| AttributeReader::new(e)).collect();
    assert_eq!(expressions[0].text(1).as_deref(), Some("payload"));
    let payload = expressions[0].nested(2).expect("data");
    let numbers: Vec<_> = (1..5).map(|kind| payload.be32(kind)).collect();
    assert_eq!(numbers, [Some(9), Some(2), Some(2), Some(2)]);
    assert_eq!(expressions[1].text(1).as_deref(), Some("immediate"));
    let verdict = expressions[1]
        .nested(2)
        .and_then(|d| d.nested(2))
        .and_then(|d| d.nested(2));
    let verdict = verdict.expect("verdict");
    assert_eq!(verdict.be32(1), Some(-3i32 as u32));
    assert_eq!(verdict.text(2).as_deref(), Some("other"));
}
