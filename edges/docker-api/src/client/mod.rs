//! A small blocking client of the Docker Engine API.
//!
//! It owns connections (unix socket, TCP), HTTP/1.1 framing, keep-alive, hijacked streams and the
//! texts of errors. It knows no endpoint: callers name paths and bodies. Plain blocking calls, no
//! runtime: a command line tool that lives for a few milliseconds cannot afford one.
//!
//! Invariant: a connection goes back to the pool only when its response was read to the end.

mod body;
mod connection;
mod error;
mod frames;
mod head;
mod host;
mod names;
mod pool;
mod request;
#[cfg(test)]
mod tests;

pub use body::Response;
pub use connection::Stream;
pub use error::ClientError;
pub use frames::{FrameError, copy_frames};
pub use host::{Host, InvalidHost};
pub use pool::{Client, Hijacked, Pending, Versioning};
pub use request::{Body, Request};
