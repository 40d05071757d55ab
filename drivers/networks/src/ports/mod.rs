//! Host ports: which are taken, and the choice of a free one.

mod probe;
mod table;

pub use probe::occupy;
pub use table::PortTable;

#[cfg(test)]
mod tests;
