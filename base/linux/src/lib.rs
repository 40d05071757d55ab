//! Safe, thin wrappers over the Linux system calls that `rustix` lacks or that several crates use
//! in one particular way. The only crate with `unsafe`.
//!
//! | module | what is there |
//! |---|---|
//! | [`clone`] | `clone3(2)` with a pidfd, into namespaces and a cgroup |
//! | [`credentials`] | capability sets as bit masks, session keyring |
//! | [`device_filter`] | eBPF programs that decide on device access in cgroup v2 |
//! | [`execute`] | `execve(2)`, closing of descriptors on exec |
//! | [`memory`] | giving memory back |
//! | [`mounts`] | `mount_setattr(2)` |
//! | [`namespaces`] | `unshare(2)` |
//! | [`netlink`] | options of netlink sockets |
//! | [`pty`] | pseudo-terminals |
//! | [`remove_tree`] | deletion of directory trees of any depth |
//! | [`seccomp`] | system call filters |
//! | [`seqpacket`] | unix sockets that keep message borders and carry descriptors |
//! | [`signals`] | dispositions, masks, `signalfd(2)`, sending of any signal |
//! | [`unix_stream`] | what the other side of a unix socket has read |
//!
//! Everything else (files, plain mounts, polling, waiting, joining of namespaces) is called from
//! `rustix` directly. No policy lives here: each function is one system call or a fixed short
//! sequence of them, and its errors are the kernel's.

pub mod clone;
pub mod credentials;
pub mod device_filter;
pub mod execute;
pub mod memory;
pub mod mounts;
pub mod namespaces;
pub mod netlink;
pub mod pty;
pub mod remove_tree;
pub mod seccomp;
pub mod seqpacket;
pub mod signals;
pub mod unix_stream;

/// The result of a system call that says -1 and leaves its error in `errno`.
fn check(result: libc::c_long) -> std::io::Result<libc::c_long> {
    if result == -1 {
        Err(std::io::Error::last_os_error())
    } else {
        Ok(result)
    }
}
