//! Capability sets as bit masks (`capabilities(7)`) and the session keyring.
//!
//! Bit n is capability number n of `linux/capability.h`. All functions act on the calling thread.

use std::io;

use crate::check;

/// Takes all capabilities that are not in `keep` from the bounding set, up to the last one that the
/// kernel knows.
///
/// # Errors
/// `PermissionDenied` without `CAP_SETPCAP`.
pub fn limit_bounding_set(keep: u64) -> io::Result<()> {
    for number in 0..64 {
        if keep & (1 << number) != 0 {
            continue;
        }
        // SAFETY: the call takes integers only.
        match check(unsafe { libc::prctl(libc::PR_CAPBSET_DROP, number, 0, 0, 0) }.into()) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => break,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Takes all capabilities from the ambient set.
///
/// # Errors
/// The kernel's (`prctl(2)`).
pub fn clear_ambient_set() -> io::Result<()> {
    // SAFETY: the call takes integers only.
    check(
        unsafe {
            libc::prctl(
                libc::PR_CAP_AMBIENT,
                libc::PR_CAP_AMBIENT_CLEAR_ALL,
                0,
                0,
                0,
            )
        }
        .into(),
    )?;
    Ok(())
}

/// Sets the effective and permitted sets to `active`, and empties the inheritable set.
///
/// # Errors
/// `PermissionDenied` when `active` has more than the permitted set has.
pub fn set_capabilities(active: u64) -> io::Result<()> {
    const VERSION_3: u32 = 0x2008_0522;
    let header = [VERSION_3, 0];
    let low = (active & u64::from(u32::MAX)) as u32;
    let high = (active >> 32) as u32;
    // Effective, permitted, inheritable of capabilities 0 to 31, then of 32 to 63.
    let data = [low, low, 0, high, high, 0];
    // SAFETY: version 3 takes a header of two words and twice three words of data (capset(2)); the
    // kernel only reads them. A zero PID is the calling thread.
    check(unsafe { libc::syscall(libc::SYS_capset, header.as_ptr(), data.as_ptr()) })?;
    Ok(())
}

/// The highest capability number that the kernel knows.
#[must_use]
pub fn last_capability() -> u32 {
    let known = (0..64).take_while(|number| {
        // SAFETY: the call takes integers only.
        let present = unsafe { libc::prctl(libc::PR_CAPBSET_READ, *number, 0, 0, 0) };
        present >= 0
    });
    u32::try_from(known.count().max(1) - 1).expect("fewer than 64")
}

/// Joins a new, empty, anonymous session keyring, so that keys of the caller are out of reach.
///
/// # Errors
/// The kernel's (`keyctl(2)`); `Unsupported` when it has no keyrings.
pub fn new_session_keyring() -> io::Result<()> {
    const KEYCTL_JOIN_SESSION_KEYRING: libc::c_long = 1;
    // SAFETY: a null name asks for an anonymous keyring (keyctl_join_session_keyring(3)).
    check(unsafe { libc::syscall(libc::SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0, 0) })?;
    Ok(())
}
