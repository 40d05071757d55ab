//! The command line: Docker's grammar and output, talking only the Docker Engine API.
//!
//! | folder | what is there |
//! |---|---|
//! | [`args`] | the grammar: flags, help |
//! | [`spec`] | the small languages of `run`: ports, volumes, mounts, ... (pure) |
//! | [`format`](mod@format) | tables, templates, sizes, durations (pure) |
//! | [`stream`] | attached streams, signals, progress |
//! | [`connect`] | which engine, and starting it |
//! | `container`, `image`, `network`, `system`, `volume` | one file a command |

mod args;
mod config;
mod connect;
mod container;
mod failure;
mod format;
mod global;
mod hint;
mod image;
mod inspect;
mod network;
mod prompt;
mod root;
mod session;
mod spec;
mod stream;
mod system;
mod terminal;
mod volume;

pub use connect::leave_session;
pub use root::main;
