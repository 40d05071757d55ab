//! Connections: name, TCP, TLS. Implements the connector that hyper's connection pool asks.

mod connector;
mod error;
mod names;
mod stream;
mod tls;

pub(crate) use connector::Connector;
pub use error::DialError;
pub(crate) use tls::Trust;
