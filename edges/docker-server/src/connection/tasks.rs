//! Work that is brought to its end even when the client that asked for it goes away: an engine's
//! operation that is dropped half-way would leave what only its own undo or a restart removes.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// The work of one connection. Clones are the same set.
#[derive(Clone, Default)]
pub(crate) struct Tasks(Arc<Mutex<JoinSet<()>>>);

impl Tasks {
    fn lock(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.0.lock().expect("no holder of this lock panics")
    }

    /// Begins the work. The returned future gives its result, and none when the work panicked or
    /// the server ended; dropping it does not end the work.
    pub(crate) fn run<W>(&self, work: W) -> impl Future<Output = Option<W::Output>> + Send + use<W>
    where
        W: Future<Output: Send> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let mut set = self.lock();
        while set.try_join_next().is_some() {}
        set.spawn(async move {
            // A client that went away does not want the result.
            let _ = sender.send(work.await);
        });
        async { receiver.await.ok() }
    }

    /// Waits for all work, that which other work begins included.
    pub(crate) async fn finish(&self) {
        loop {
            let mut set = std::mem::take(&mut *self.lock());
            if set.is_empty() {
                return;
            }
            while set.join_next().await.is_some() {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_goes_on_when_nobody_waits_for_it() {
        let tasks = Tasks::default();
        let (begin, begun) = oneshot::channel::<()>();
        let (done, mut finished) = oneshot::channel();
        let inner = tasks.clone();
        drop(tasks.run(async move {
            begun.await.unwrap();
            drop(inner.run(async move { done.send(()).unwrap() }));
        }));
        begin.send(()).unwrap();
        tasks.finish().await;
        assert!(finished.try_recv().is_ok());
        assert_eq!(tasks.run(async { 5 }).await, Some(5));
    }
}
