//! The API over a unix socket, as clients see it byte by byte, with an engine over a host in memory.

// A failed step of a test is to end it, also in functions that are not tests themselves.
#![allow(clippy::unwrap_used)]

mod attach;
mod containers;
mod exec;
mod images;
mod protocol;
mod streams;
mod support;
