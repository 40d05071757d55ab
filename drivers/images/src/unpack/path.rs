//! Names in archives: where they point, before any file is looked at.

use crate::error::ImagesError;

/// A name's directory and its last component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Location<'a> {
    /// Without slashes at its ends; empty for the root.
    pub parent: &'a [u8],
    /// One component, never `.` or `..`.
    pub name: &'a [u8],
}

impl<'a> Location<'a> {
    /// Splits a [clean](clean) path; none for the root itself.
    pub(super) fn of(path: &'a [u8]) -> Option<Self> {
        if path.is_empty() {
            return None;
        }
        Some(match path.iter().rposition(|b| *b == b'/') {
            Some(slash) => Self {
                parent: &path[..slash],
                name: &path[slash + 1..],
            },
            None => Self {
                parent: &[],
                name: path,
            },
        })
    }
}

/// The components of a path that are not empty and not `.`.
pub(super) fn components(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let wanted = |part: &&[u8]| !part.is_empty() && *part != b".";
    path.split(|b| *b == b'/').filter(wanted)
}

/// The path without a leading slash, `.`, doubled slashes and `..`; empty for the root.
///
/// # Errors
/// When it leads out of the layer.
pub(crate) fn clean(path: &[u8]) -> Result<Vec<u8>, ImagesError> {
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in components(path) {
        if part != b".." {
            parts.push(part);
        } else if parts.pop().is_none() {
            return Err(ImagesError::hostile(path, "leads out of the layer"));
        }
    }
    Ok(parts.join(&b'/'))
}

/// Joins a directory's path and a name.
pub(super) fn join(parent: &[u8], name: &[u8]) -> Vec<u8> {
    if parent.is_empty() {
        name.to_vec()
    } else {
        [parent, name].join(&b'/')
    }
}

/// Whether a symbolic link at `parent` with this target points above the layer's root. An absolute
/// target does not: it is looked up in the container's root.
pub(super) fn escapes(parent: &[u8], target: &[u8]) -> bool {
    if target.starts_with(b"/") {
        return false;
    }
    let mut depth = components(parent).count();
    for part in components(target) {
        match (part == b"..", depth) {
            (true, 0) => return true,
            (true, _) => depth -= 1,
            (false, _) => depth += 1,
        }
    }
    false
}
