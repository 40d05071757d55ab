use proptest::prelude::*;

use super::message::answers;
use super::{AttributeReader, Attributes, Message};

/// Attributes as a tree.
#[derive(Clone, Debug, PartialEq)]
enum Tree {
    Value(u16, Vec<u8>),
    Nest(u16, Vec<Tree>),
}

fn tree() -> impl Strategy<Value = Tree> {
    let kind = 1u16..0x2000;
    let leaf = (kind.clone(), prop::collection::vec(any::<u8>(), 0..40))
        .prop_map(|(kind, value)| Tree::Value(kind, value));
    leaf.prop_recursive(3, 24, 5, move |inner| {
        (kind.clone(), prop::collection::vec(inner, 0..5))
            .prop_map(|(kind, inner)| Tree::Nest(kind, inner))
    })
}

fn write(a: &mut Attributes, trees: &[Tree]) {
    for tree in trees {
        match tree {
            Tree::Value(kind, value) => a.put(*kind, value),
            Tree::Nest(kind, inner) => a.nest(*kind, |a| write(a, inner)),
        };
    }
}

/// Reads in the shape of what was written: the format itself does not tell values from nests.
fn read(bytes: &[u8], shape: &[Tree]) -> Vec<Tree> {
    let pair = |((kind, value), shape): ((u16, &[u8]), &Tree)| match shape {
        Tree::Value(..) => Tree::Value(kind, value.to_vec()),
        Tree::Nest(_, inner) => Tree::Nest(kind, read(value, inner)),
    };
    AttributeReader::new(bytes).zip(shape).map(pair).collect()
}

proptest! {
    #[test]
    fn attributes_are_read_as_written(trees in prop::collection::vec(tree(), 0..6)) {
        let mut attributes = Attributes::default();
        write(&mut attributes, &trees);
        prop_assert_eq!(attributes.as_bytes().len() % 4, 0);
        prop_assert_eq!(read(attributes.as_bytes(), &trees), trees.clone());
        prop_assert_eq!(AttributeReader::new(attributes.as_bytes()).count(), trees.len());
    }

    #[test]
    fn messages_are_read_as_written(
        all in prop::collection::vec((any::<u16>(), any::<u16>(), prop::collection::vec(any::<u8>(), 0..60)), 0..5),
        first in any::<u32>(),
    ) {
        let mut bytes = Vec::new();
        for (i, (kind, flags, value)) in all.iter().enumerate() {
            let message = Message::new(*kind, *flags, &[]).with(|a| { a.put(7, value); });
            message.encode(first.wrapping_add(i as u32), 0, &mut bytes);
        }
        let read: Vec<_> = answers(&bytes).collect();
        prop_assert_eq!(read.len(), all.len());
        for (i, (answer, (kind, flags, value))) in read.iter().zip(&all).enumerate() {
            prop_assert_eq!(answer.kind, *kind);
            prop_assert_eq!(answer.flags, *flags | 1);
            prop_assert_eq!(answer.sequence, first.wrapping_add(i as u32));
            prop_assert_eq!(AttributeReader::new(answer.body).value(7), Some(value.as_slice()));
        }
    }

    #[test]
    fn no_bytes_make_the_readers_panic_or_loop(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let longest = bytes.len() / 4 + 1;
        prop_assert!(AttributeReader::new(&bytes).count() <= longest);
        prop_assert!(answers(&bytes).count() <= longest);
        let reader = AttributeReader::new(&bytes);
        let _ = (reader.u32(1), reader.be32(1), reader.text(1), reader.nested(1));
    }
}

#[test]
fn texts_end_at_the_first_zero() {
    let mut attributes = Attributes::default();
    attributes.put_text(3, "eth0");
    assert_eq!(attributes.as_bytes()[..4], [9, 0, 3, 0]);
    let reader = AttributeReader::new(attributes.as_bytes());
    assert_eq!(reader.value(3), Some(&b"eth0\0"[..]));
    assert_eq!(reader.text(3).as_deref(), Some("eth0"));
}

#[test]
fn a_length_below_the_header_ends_the_list() {
    assert_eq!(
        AttributeReader::new(&[3, 0, 1, 0, 8, 0, 1, 0, 1, 2, 3, 4]).count(),
        0
    );
    assert_eq!(
        answers(&[15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]).count(),
        0
    );
}
