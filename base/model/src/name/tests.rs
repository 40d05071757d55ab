//! Names that people give.

#![allow(clippy::unwrap_used)]

use super::{ContainerName, VolumeName};

#[test]
fn names_have_two_characters_at_least() {
    for name in ["ab", "a.", "0_", "A-b.c_d", &"a".repeat(300)] {
        assert_eq!(name.parse::<ContainerName>().unwrap().as_str(), name);
        name.parse::<VolumeName>().unwrap();
    }
    for name in [
        "", "a", "-x", "_x", ".x", "..", "a b", "a/b", "/ab", "aé", "ab\n", "a:b",
    ] {
        let error = name.parse::<ContainerName>().unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed")
        );
        name.parse::<VolumeName>().unwrap_err();
    }
}
