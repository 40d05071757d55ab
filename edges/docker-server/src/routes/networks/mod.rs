//! `/networks/..`.

pub(super) mod inspect;
pub(super) mod list;
