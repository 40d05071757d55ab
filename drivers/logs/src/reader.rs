//! Reading logs: where entries come from, and how a reader waits for more.

mod change;
mod cursor;
mod decode;
mod source;
mod store;
mod tail;

pub use store::JsonFileLogs;

#[cfg(test)]
mod tests;
