//! Commands on images, one file each.

mod credentials;
mod history;
mod import;
mod load;
mod ls;
mod prune;
mod pull;
mod rm;
mod tag;
#[cfg(test)]
mod tests;

pub use history::History;
pub use import::Import;
pub use load::Load;
pub use ls::{Images, List};
pub use prune::Prune;
pub use pull::{Pull, pull_for_container};
pub use rm::{Remove, Rmi};
pub use tag::Tag;

use super::args::{Entry, command};

/// Commands of the group `image`.
pub const COMMANDS: &[Entry] = &[
    command::<History>(),
    command::<Import>(),
    command::<super::inspect::InspectImage>(),
    command::<Load>(),
    command::<List>(),
    command::<Prune>(),
    command::<Pull>(),
    command::<Remove>(),
    command::<Tag>(),
];
