//! Deletes in the background: a tree is renamed into the trash, which takes no time, and a thread
//! of its own empties the trash. What a crash leaves there is deleted at the next start.
//!
//! Used by the drivers that keep large trees: layers, writable layers, volumes.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

/// A trash directory with its thread. Dropping it lets the thread finish what it was given.
#[derive(Debug)]
pub struct Trash {
    directory: PathBuf,
    next: AtomicU64,
    queue: Sender<PathBuf>,
}

impl Trash {
    /// Makes the directory when needed and begins to delete what is in it.
    ///
    /// # Errors
    /// When it cannot be made or read.
    pub fn open(directory: PathBuf) -> io::Result<Self> {
        // Setuid programs of images are in it: nobody else may reach them.
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&directory)?;
        let (queue, paths) = channel();
        for entry in fs::read_dir(&directory)? {
            let _ = queue.send(entry?.path());
        }
        thread::Builder::new()
            .name("trash".to_owned())
            .spawn(move || empty(&paths))?;
        Ok(Self {
            directory,
            next: AtomicU64::new(0),
            queue,
        })
    }

    /// Takes a file or tree of the same file system out of sight. True when there was one.
    ///
    /// # Errors
    /// When it cannot be renamed.
    pub fn discard(&self, path: &Path) -> io::Result<bool> {
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let place = self
                .directory
                .join(format!("{}-{number}", std::process::id()));
            // An earlier process with this number may have left something that is not empty yet.
            if place.symlink_metadata().is_ok() {
                continue;
            }
            return match fs::rename(path, &place) {
                Ok(()) => {
                    let _ = self.queue.send(place);
                    Ok(true)
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
                Err(error) => Err(error),
            };
        }
    }
}

fn empty(paths: &Receiver<PathBuf>) {
    for path in paths {
        match palan_linux::remove_tree::remove_tree(rustix::fs::CWD, &path) {
            Ok(()) | Err(rustix::io::Errno::NOENT) => {}
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "failed to empty the trash");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn eventually_empty(directory: &Path) {
        let end = Instant::now() + Duration::from_secs(30);
        while fs::read_dir(directory).unwrap().next().is_some() {
            assert!(Instant::now() < end, "the trash is not emptied");
            thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn trees_vanish_at_once_and_are_deleted() {
        let root = tempfile::tempdir().unwrap();
        let (place, tree) = (root.path().join("trash"), root.path().join("tree"));
        let trash = Trash::open(place.clone()).unwrap();
        fs::create_dir_all(tree.join("deep/er")).unwrap();
        assert!(trash.discard(&tree).unwrap());
        assert!(!tree.exists());
        assert!(!trash.discard(&tree).unwrap());
        eventually_empty(&place);
    }

    #[test]
    fn what_a_dead_process_left_is_deleted() {
        let root = tempfile::tempdir().unwrap();
        let place = root.path().join("trash");
        fs::create_dir_all(place.join("7-7/left")).unwrap();
        let _trash = Trash::open(place.clone()).unwrap();
        eventually_empty(&place);
    }
}
