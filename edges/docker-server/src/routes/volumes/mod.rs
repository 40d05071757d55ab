//! `/volumes/..`.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod inspect;
pub(super) mod list;
pub(super) mod prune;
