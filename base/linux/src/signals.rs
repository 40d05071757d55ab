//! Signals by number: dispositions, masks, `signalfd(2)`, sending.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::ptr;

use crate::check;

/// The kernel's signal set: 64 bits, signal n is bit n-1.
const SET_SIZE: usize = 8;

/// Sets every signal to its default action and blocks none, as a fresh program expects it.
///
/// # Errors
/// The kernel's (`rt_sigprocmask(2)`).
pub fn reset() -> io::Result<()> {
    // SIG_DFL, no flags, nothing masked.
    let default: [u64; 4] = [0; 4];
    for number in 1..=64 {
        // SIGKILL and SIGSTOP cannot be changed: that error is expected and ignored.
        // SAFETY: the kernel reads a `struct sigaction` (handler, flags, restorer, mask: four words
        // on 64-bit machines) from `default`.
        unsafe {
            libc::syscall(
                libc::SYS_rt_sigaction,
                number,
                default.as_ptr(),
                ptr::null_mut::<u64>(),
                SET_SIZE,
            )
        };
    }
    set_mask(0)
}

/// Blocks all signals that can be blocked.
///
/// # Errors
/// The kernel's (`rt_sigprocmask(2)`).
pub fn block_all() -> io::Result<()> {
    set_mask(u64::MAX)
}

fn set_mask(mask: u64) -> io::Result<()> {
    // SAFETY: the kernel reads eight bytes from `mask` and is told not to report the old mask.
    check(unsafe {
        libc::syscall(
            libc::SYS_rt_sigprocmask,
            libc::SIG_SETMASK,
            &raw const mask,
            ptr::null_mut::<u64>(),
            SET_SIZE,
        )
    })?;
    Ok(())
}

/// A descriptor from which blocked signals are read: [`next`]. Closed on exec, does not block.
///
/// # Errors
/// The kernel's (`signalfd(2)`).
pub fn descriptor(signals: &[i32]) -> io::Result<OwnedFd> {
    let mask = signals.iter().fold(0_u64, |mask, n| mask | 1 << (n - 1));
    let flags = libc::SFD_CLOEXEC | libc::SFD_NONBLOCK;
    // SAFETY: the kernel reads eight bytes from `mask`.
    let fd =
        check(unsafe { libc::syscall(libc::SYS_signalfd4, -1, &raw const mask, SET_SIZE, flags) })?;
    let fd = i32::try_from(fd).expect("a descriptor is small");
    // SAFETY: the kernel has just opened it for us.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// The number of the next signal that a [`descriptor`] has, or none.
///
/// # Errors
/// The kernel's (`read(2)`).
pub fn next(descriptor: impl AsFd) -> io::Result<Option<i32>> {
    let mut info = [0_u8; size_of::<libc::signalfd_siginfo>()];
    match rustix::io::read(descriptor, &mut info) {
        Ok(_) => {
            let [a, b, c, d, ..] = info;
            let number = u32::from_ne_bytes([a, b, c, d]);
            Ok(i32::try_from(number).ok())
        }
        Err(rustix::io::Errno::AGAIN) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Waits for one of the blocked signals and takes it (`sigwaitinfo(2)`).
///
/// # Errors
/// The kernel's, except for interruptions.
pub fn wait(mask: u64) -> io::Result<i32> {
    loop {
        // SAFETY: the kernel reads eight bytes from `mask`; null pointers ask for no details and no
        // time limit.
        let taken = check(unsafe {
            libc::syscall(
                libc::SYS_rt_sigtimedwait,
                &raw const mask,
                ptr::null_mut::<MaybeUninit<libc::siginfo_t>>(),
                ptr::null::<libc::timespec>(),
                SET_SIZE,
            )
        });
        match taken {
            Ok(number) => return Ok(i32::try_from(number).expect("signals are small")),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Sends any signal, real-time ones included, to the process of a pidfd.
///
/// # Errors
/// The kernel's (`pidfd_send_signal(2)`): `NotFound` (`ESRCH`) when it has ended.
pub fn send(pidfd: impl AsFd, number: i32) -> io::Result<()> {
    // SAFETY: a null siginfo means the same as kill(2).
    check(unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            pidfd.as_fd().as_raw_fd(),
            number,
            ptr::null::<libc::siginfo_t>(),
            0,
        )
    })?;
    Ok(())
}

/// Sends any signal by PID, as `kill(2)` takes it: negative for a process group.
///
/// # Errors
/// The kernel's (`kill(2)`).
pub fn kill(pid: i32, number: i32) -> io::Result<()> {
    // SAFETY: the call takes integers only.
    check(unsafe { libc::kill(pid, number) }.into())?;
    Ok(())
}
