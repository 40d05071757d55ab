//! A client of image registries: the OCI distribution specification 1.1 over HTTP/1.1.
//!
//! Owns everything between a reference and verified documents or raw blob bytes: finding the
//! registry, names and TLS, authorisation, redirects, retries, resuming. Does not store anything:
//! bytes of blobs are verified by the content store that they are written to. The invariants: a
//! document that leaves this crate matches its digest, credentials are only sent to the registry
//! they belong to, and what a registry sends is bounded before it is kept.
//!
//! ```text
//! client ── resolve ──> session ──> transport ──> dial (names, TCP, TLS)
//!        └─ blob ─────>    │  └── auth (challenges, tokens)
//!                          └───── failure (a registry's errors in Docker's words)
//! ```

mod auth;
mod blob;
mod client;
mod config;
mod dial;
mod documents;
mod endpoint;
mod error;
mod failure;
mod resolve;
mod session;
mod transport;

pub use client::RegistryClient;
pub use config::{CredentialSource, Credentials, RegistryConfig, Timing};
pub use error::RegistryError;
