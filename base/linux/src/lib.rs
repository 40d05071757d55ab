//! Safe, thin wrappers over the Linux system calls that `rustix` lacks or that several crates use
//! in one particular way. The only crate with `unsafe`.
//!
//! | module | what is there |
//! |---|---|
//! | [`pty`] | pseudo-terminals |
//! | [`seqpacket`] | unix sockets that keep message borders and carry descriptors |
//!
//! Everything else (files, plain mounts, polling, signals to processes, waiting) is called from
//! `rustix` directly. No policy lives here: each function is one system call or a fixed short
//! sequence of them, and its errors are the kernel's.

pub mod pty;
pub mod seqpacket;
