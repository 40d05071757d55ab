//! `--pid`, `--uts`, `--userns`, `--cgroupns`: modes that are checked before they are sent.

/// Checks the modes of namespaces.
///
/// # Errors
/// When one of them is not valid, in Docker's words.
pub fn check(pid: &str, uts: &str, user: &str, cgroup: &str) -> Result<(), String> {
    let of_container = pid.strip_prefix("container:");
    if !(matches!(pid, "" | "host") || of_container.is_some_and(|name| !name.is_empty())) {
        return Err("--pid: invalid PID mode".to_owned());
    }
    if !matches!(uts, "" | "host") {
        return Err("--uts: invalid UTS mode".to_owned());
    }
    if !matches!(user, "" | "host") {
        return Err("--userns: invalid USER mode".to_owned());
    }
    if !matches!(cgroup, "" | "host" | "private") {
        return Err("--cgroupns: invalid CGROUP mode".to_owned());
    }
    Ok(())
}
