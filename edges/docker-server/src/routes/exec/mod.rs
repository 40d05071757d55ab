//! `/containers/{id}/exec` and `/exec/..`.

pub(super) mod create;
pub(super) mod inspect;
pub(super) mod resize;
pub(super) mod start;
