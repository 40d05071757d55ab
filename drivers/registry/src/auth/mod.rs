//! Authorisation: what a registry asks for, and tokens that answer it.

mod challenge;
mod tokens;

pub(crate) use challenge::{Challenge, challenges};
pub(crate) use tokens::{Tokens, basic};
