//! Commands on volumes, one file each.

mod create;
mod ls;
mod prune;
mod rm;

use super::args::{Entry, command};

/// Commands of the group `volume`.
pub const COMMANDS: &[Entry] = &[
    command::<create::Create>(),
    command::<super::inspect::InspectVolume>(),
    command::<ls::List>(),
    command::<prune::Prune>(),
    command::<rm::Remove>(),
];
