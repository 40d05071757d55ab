//! Changes that are done together or not at all.

use super::element::{Element, add_elements, delete_elements};
use super::expression::Expression;
use super::set::{Set, add_set};
use super::table::{Chain, add_chain, add_table, delete_chain, delete_table};
use super::{SUBSYSTEM, header, kind};
use crate::netlink::Message;

const NEWRULE: u16 = kind(6);
const DELRULE: u16 = kind(8);
const RULE_TABLE: u16 = 1;
const RULE_CHAIN: u16 = 2;
const RULE_EXPRESSIONS: u16 = 4;

/// `NFNL_MSG_BATCH_BEGIN` and `NFNL_MSG_BATCH_END`.
const BEGIN: u16 = 16;
const END: u16 = 17;

/// Changes to one table, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    table: String,
    messages: Vec<Message>,
    sets: u32,
}

impl Batch {
    /// A batch without changes to a table.
    #[must_use]
    pub fn new(table: &str) -> Self {
        Self {
            table: table.to_owned(),
            messages: vec![border(BEGIN)],
            sets: 0,
        }
    }

    /// Whether it changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.messages.len() == 1
    }

    /// Makes sure that the table is there.
    pub fn add_table(&mut self) -> &mut Self {
        self.push(add_table(&self.table))
    }

    /// Deletes the table, which must be there.
    pub fn delete_table(&mut self) -> &mut Self {
        self.push(delete_table(&self.table))
    }

    /// Makes sure that a set is there.
    pub fn add_set(&mut self, set: &Set) -> &mut Self {
        self.sets += 1;
        self.push(add_set(&self.table, set, self.sets))
    }

    /// Makes sure that a chain is there, with no rules in it.
    pub fn add_empty_chain(&mut self, chain: &Chain<'_>) -> &mut Self {
        self.push(add_chain(&self.table, chain))
            .clear_chain(chain.name)
    }

    /// Deletes all rules of a chain, which must be there.
    pub fn clear_chain(&mut self, chain: &str) -> &mut Self {
        let message = Message::new(DELRULE, 0, &header()).with(|a| {
            a.put_text(RULE_TABLE, &self.table)
                .put_text(RULE_CHAIN, chain);
        });
        self.push(message)
    }

    /// Deletes a chain, which must be there and empty.
    pub fn delete_chain(&mut self, chain: &str) -> &mut Self {
        self.push(delete_chain(&self.table, chain))
    }

    /// Appends a rule to a chain.
    pub fn add_rule(&mut self, chain: &str, rule: &[Expression]) -> &mut Self {
        let flags = (libc::NLM_F_CREATE | libc::NLM_F_APPEND) as u16;
        let message = Message::new(NEWRULE, flags, &header()).with(|a| {
            a.put_text(RULE_TABLE, &self.table)
                .put_text(RULE_CHAIN, chain)
                .nest(RULE_EXPRESSIONS, |list| {
                    for expression in rule {
                        expression.put(list);
                    }
                });
        });
        self.push(message)
    }

    /// Makes sure that elements are in a set.
    pub fn add_elements(&mut self, set: &str, elements: &[Element]) -> &mut Self {
        self.messages
            .extend(add_elements(&self.table, set, elements));
        self
    }

    /// Deletes elements, which must be there.
    pub fn delete_elements(&mut self, set: &str, elements: &[Element]) -> &mut Self {
        self.messages
            .extend(delete_elements(&self.table, set, elements));
        self
    }

    /// The messages as they travel.
    #[must_use]
    pub fn finish(mut self) -> Vec<Message> {
        self.messages.push(border(END));
        self.messages
    }

    fn push(&mut self, message: Message) -> &mut Self {
        self.messages.push(message);
        self
    }
}

/// The message that begins or ends a batch: its header names the subsystem.
fn border(kind: u16) -> Message {
    let [high, low] = SUBSYSTEM.to_be_bytes();
    Message::new(kind, 0, &[0, 0, high, low])
}
