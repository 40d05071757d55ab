//! Commands on containers, one file each.

mod attach;
mod attachment;
mod create;
mod exec;
mod kill;
mod logs;
mod ls;
mod many;
mod options;
mod pause;
mod plan;
mod port;
mod prune;
mod rename;
mod restart;
mod rm;
mod run;
mod start;
mod stop;
#[cfg(test)]
mod tests;
mod top;
mod unpause;
mod wait;

pub use attach::Attach;
pub use create::Create;
pub use exec::Exec;
pub use kill::Kill;
pub use logs::Logs;
pub use ls::{List, Ps};
pub use options::CreateFlags;
pub use pause::Pause;
pub use port::Port;
pub use prune::Prune;
pub use rename::Rename;
pub use restart::Restart;
pub use rm::Rm;
pub use run::Run;
pub use start::Start;
pub use stop::Stop;
pub use top::Top;
pub use unpause::Unpause;
pub use wait::Wait;

use super::args::{Entry, command};

/// Commands of the group `container`.
pub const COMMANDS: &[Entry] = &[
    command::<Attach>(),
    command::<Create>(),
    command::<Exec>(),
    command::<super::inspect::InspectContainer>(),
    command::<Kill>(),
    command::<Logs>(),
    command::<List>(),
    command::<Pause>(),
    command::<Port>(),
    command::<Prune>(),
    command::<Rename>(),
    command::<Restart>(),
    command::<Rm>(),
    command::<Run>(),
    command::<Start>(),
    command::<Stop>(),
    command::<Top>(),
    command::<Unpause>(),
    command::<Wait>(),
];
