//! Waiting for a log to change (`inotify(7)`).

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use rustix::io::Errno;
use tokio::io::unix::AsyncFd;

/// Watches the directory of a log: writing to a file in it and rotation both show there.
pub(super) struct Change(AsyncFd<OwnedFd>);

impl Change {
    /// None when the directory does not exist.
    pub(super) fn watch(directory: &Path) -> io::Result<Option<Self>> {
        let inotify = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        let events = WatchFlags::MODIFY | WatchFlags::CREATE | WatchFlags::MOVED_TO;
        match inotify::add_watch(&inotify, directory, events | WatchFlags::ONLYDIR) {
            Ok(_) => Ok(Some(Self(register(inotify)?))),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns when something changed since the last call returned. Cancel-safe.
    pub(super) async fn wait(&self) -> io::Result<()> {
        loop {
            let mut ready = self.0.readable().await?;
            match ready.try_io(|inotify| drain(inotify.get_ref())) {
                Ok(result) => return result,
                Err(_would_block) => {}
            }
        }
    }
}

#[expect(
    deprecated,
    reason = "sound here: an OwnedFd stays open until the AsyncFd is dropped; its successor is unsafe"
)]
fn register(inotify: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::new(inotify)
}

/// Takes all waiting events, or fails with `WouldBlock` when there is none.
fn drain(inotify: &OwnedFd) -> io::Result<()> {
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let mut any = false;
    loop {
        match rustix::io::read(inotify, &mut buffer[..]) {
            Ok(_) => any = true,
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) if any => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}
