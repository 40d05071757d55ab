//! Where documents of Palan may differ from dockerd 20.10's, and why.

/// What may differ at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// Presence, type and value.
    Anything,
    /// The value; the member must be there on both.
    Value,
    /// Palan may have it, the reference has it not.
    Extra,
    /// The reference has it, Palan may leave it out.
    Missing,
}

/// Path (`*` stands for one member, `[]` for an index), what may differ, reason.
const EXCEPTIONS: &[(&str, Allowed, &str)] = &[
    (
        "container.NetworkSettings.Ports.*[]",
        Allowed::Missing,
        "ports are published on IPv4 only, so there is no second binding for ::",
    ),
    ("container.State.Pid", Allowed::Value, "a process id"),
    ("exec.Pid", Allowed::Value, "a process id"),
    (
        "container.LogPath",
        Allowed::Value,
        "the engine's own folder layout",
    ),
    (
        "container.ResolvConfPath",
        Allowed::Value,
        "the engine's own folder layout",
    ),
    (
        "container.HostnamePath",
        Allowed::Value,
        "the engine's own folder layout",
    ),
    (
        "container.HostsPath",
        Allowed::Value,
        "the engine's own folder layout",
    ),
    (
        "container.GraphDriver.Data",
        Allowed::Anything,
        "the engine's own folder layout",
    ),
    (
        "image.GraphDriver.Data",
        Allowed::Anything,
        "the engine's own folder layout",
    ),
    (
        "container.GraphDriver.Name",
        Allowed::Value,
        "overlay2 is dockerd's own driver name",
    ),
    (
        "image.GraphDriver.Name",
        Allowed::Value,
        "overlay2 is dockerd's own driver name",
    ),
    (
        "container.Driver",
        Allowed::Value,
        "overlay2 is dockerd's own driver name",
    ),
    (
        "container.HostConfig.Runtime",
        Allowed::Value,
        "the runtime is another program",
    ),
    (
        "container.NetworkSettings.SandboxKey",
        Allowed::Value,
        "the engine's own folder layout",
    ),
    (
        "container.NetworkSettings.SandboxID",
        Allowed::Value,
        "random",
    ),
    (
        "container.NetworkSettings.EndpointID",
        Allowed::Value,
        "random",
    ),
    (
        "container.NetworkSettings.Networks.*.EndpointID",
        Allowed::Value,
        "random",
    ),
    (
        "container.NetworkSettings.Networks.*.NetworkID",
        Allowed::Value,
        "random",
    ),
    (
        "container.NetworkSettings.Networks.*.DNSNames",
        Allowed::Extra,
        "since API 1.44",
    ),
    (
        "container.NetworkSettings.Networks.*.GwPriority",
        Allowed::Extra,
        "since API 1.48",
    ),
    (
        "container.HostConfig.KernelMemory",
        Allowed::Missing,
        "removed in API 1.42",
    ),
    (
        "container.HostConfig.Annotations",
        Allowed::Extra,
        "since API 1.43",
    ),
    (
        "container.HostConfig.KernelMemoryTCP",
        Allowed::Missing,
        "removed in API 1.42",
    ),
    (
        "container.ImageManifestDescriptor",
        Allowed::Extra,
        "since API 1.48",
    ),
    (
        "container.HostConfig.MaskedPaths",
        Allowed::Value,
        "newer Docker masks more paths",
    ),
    (
        "container.HostConfig.MaskedPaths[]",
        Allowed::Anything,
        "newer Docker masks more paths",
    ),
    ("image.Container", Allowed::Missing, "removed in API 1.45"),
    (
        "image.ContainerConfig",
        Allowed::Missing,
        "removed in API 1.45",
    ),
    (
        "image.ContainerConfig.*",
        Allowed::Anything,
        "removed in API 1.45",
    ),
    ("image.VirtualSize", Allowed::Missing, "removed in API 1.44"),
    ("image.Descriptor", Allowed::Extra, "since API 1.48"),
    (
        "image.Size",
        Allowed::Value,
        "counted from what a layer occupies or from its entries",
    ),
    (
        "image.Config.*",
        Allowed::Missing,
        "empty members are left out since API 1.46",
    ),
];

/// Arrays whose order says nothing.
pub const UNORDERED: &[&str] = &["container.Mounts", "container.HostConfig.Binds"];

/// What may differ at `path`.
pub fn allowed(path: &str) -> Option<Allowed> {
    EXCEPTIONS
        .iter()
        .find(|(pattern, ..)| matches(pattern, path))
        .map(|(_, allowed, _)| *allowed)
}

fn matches(pattern: &str, path: &str) -> bool {
    let (mut pattern, mut path) = (pattern.split('.'), path.split('.'));
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return true,
            (Some(pattern), Some(name)) if member_matches(pattern, name) => {}
            _ => return false,
        }
    }
}

fn member_matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix("[]") {
        Some("*") => name.contains('['),
        Some(pattern) => name
            .strip_prefix(pattern)
            .is_some_and(|rest| rest.starts_with('[')),
        None => pattern == "*" || pattern == name,
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_match_whole_paths() {
        assert!(matches("a.*.c", "a.b.c"));
        assert!(!matches("a.*", "a.b.c"));
        assert!(matches("a.b[]", "a.b[3]"));
        assert!(matches("a.*[]", "a.80/tcp[1]"));
        assert!(!matches("a.*[]", "a.80/tcp"));
        assert!(!matches("a.b[]", "a.b"));
    }
}
