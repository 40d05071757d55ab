//! Who is working on which blob or layer, in this process. The data root belongs to one engine, so
//! nothing is locked on disk.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use palan_model::{ChainId, Digest};
use tokio::sync::OwnedMutexGuard;

/// One lock for each key that somebody holds or waits for.
#[derive(Debug)]
pub(crate) struct Locks<K> {
    held: Mutex<HashMap<K, Weak<tokio::sync::Mutex<()>>>>,
}

/// Keeps others from the key until it is dropped.
pub(crate) type Lease = OwnedMutexGuard<()>;

impl<K: Clone + Eq + Hash> Locks<K> {
    pub(crate) fn new() -> Self {
        Self {
            held: Mutex::new(HashMap::new()),
        }
    }

    /// Waits until nobody else has the key.
    pub(crate) async fn acquire(&self, key: &K) -> Lease {
        self.slot(key).lock_owned().await
    }

    /// Like [`acquire`](Self::acquire), for threads that may block.
    pub(crate) fn acquire_blocking(&self, key: &K) -> Lease {
        self.slot(key).blocking_lock_owned()
    }

    fn slot(&self, key: &K) -> Arc<tokio::sync::Mutex<()>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = held.get(key).and_then(Weak::upgrade) {
            return slot;
        }
        held.retain(|_, slot| slot.strong_count() > 0);
        let slot = Arc::new(tokio::sync::Mutex::new(()));
        held.insert(key.clone(), Arc::downgrade(&slot));
        slot
    }
}

/// Something that an operation under way needs and that no collection may remove.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Pinned {
    Blob(Digest),
    Layer(ChainId),
}

/// Counts who needs what.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pins {
    counts: Arc<Mutex<HashMap<Pinned, usize>>>,
}

/// Keeps one thing until it is dropped.
#[derive(Debug)]
pub(crate) struct Pin {
    pins: Pins,
    what: Pinned,
}

impl Pins {
    pub(crate) fn pin(&self, what: Pinned) -> Pin {
        *self.lock().entry(what.clone()).or_default() += 1;
        Pin {
            pins: self.clone(),
            what,
        }
    }

    /// Runs `remove` unless somebody needs the thing; nobody can begin to need it meanwhile.
    pub(crate) fn unless_pinned<T>(&self, what: &Pinned, remove: impl FnOnce() -> T) -> Option<T> {
        let counts = self.lock();
        if counts.contains_key(what) {
            None
        } else {
            Some(remove())
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Pinned, usize>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        let mut counts = self.pins.lock();
        if let Some(count) = counts.get_mut(&self.what) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.what);
            }
        }
    }
}
