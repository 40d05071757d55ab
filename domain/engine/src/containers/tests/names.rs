//! Names for containers that got none.

use std::collections::BTreeSet;

use palan_model::ContainerId;

use super::super::names::generate;

#[test]
fn later_attempts_are_other_names() {
    let id = ContainerId::random();
    let names: BTreeSet<_> = (0..40).map(|attempt| generate(&id, attempt)).collect();
    assert_eq!(names.len(), 40);
    assert_eq!(generate(&id, 0), generate(&id, 0));
}
