//! Network namespaces of single threads (`network_namespaces(7)`).

use std::io;

use rustix::thread::UnshareFlags;

/// Moves the calling thread, and no other thread of the process, into a new network namespace that
/// holds nothing but a loopback interface that is down.
///
/// # Errors
/// The kernel's (`unshare(2)`).
pub fn unshare() -> io::Result<()> {
    // SAFETY: `unshare` is unsafe for flags that take memory or descriptors out of what the threads
    // share. `CLONE_NEWNET` touches neither: sockets that are open keep their namespace.
    unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWNET) }?;
    Ok(())
}
