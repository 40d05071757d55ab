//! Commands on networks, one file each.

mod ls;

use super::args::{Entry, command};

/// Commands of the group `network`.
pub const COMMANDS: &[Entry] = &[
    command::<super::inspect::InspectNetwork>(),
    command::<ls::List>(),
];
