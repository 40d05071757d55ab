//! Live bytes between the user's terminal and a container: attached streams, keys that detach,
//! signals that are passed on, progress of pulls and loads.

mod attached;
mod detach;
mod output;
mod progress;
mod signals;
#[cfg(test)]
mod tests;

pub use attached::{Attached, End, Streams};
pub use detach::DetachKeys;
pub use output::{copy_raw, standard_error, standard_output};
pub use progress::{Display, show};
pub use signals::{ResizeTarget, SignalPlan, set_first_size, watch};
