//! Docker's Engine API over HTTP: routes to the engine, API versions, hijacked streams, and the
//! statuses of errors.
//!
//! ```text
//! server -> connection -> dispatch -> routes/<noun>/<verb> -> palan-engine
//!              |                          |
//!              +-- legacy_hijack          +-- views   model -> wire, by API version
//!              +-- hijack                 +-- specs   wire -> model
//! ```
//!
//! Nothing here decides about containers or touches the host; what differs between API versions is
//! decided in `views` and `specs`, not in routes.

mod connection;
mod detach_keys;
mod dispatch;
mod failure;
mod hijack;
mod listener;
mod query;
mod request;
mod response;
mod routes;
mod server;
mod specs;
mod views;

pub use listener::Listener;
pub use server::serve;

/// The version of Docker whose behaviour is offered: clients compare it with what they need.
pub const DOCKER_VERSION: &str = "28.3.0";
