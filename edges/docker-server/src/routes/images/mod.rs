//! `/images/..`.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod history;
pub(super) mod inspect;
pub(super) mod list;
pub(super) mod load;
mod progress;
pub(super) mod prune;
pub(super) mod tag;
