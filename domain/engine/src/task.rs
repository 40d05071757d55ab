//! Work that goes on when the client who asked for it goes away.

use std::future::Future;

/// Drives the work to its end in a task of its own: a request whose connection breaks is dropped at
/// any `.await`, and a change in several steps must not stop between two of them.
pub(crate) async fn to_completion<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> T {
    match tokio::spawn(work).await {
        Ok(done) => done,
        Err(failed) => match failed.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // Nobody aborts the task: the runtime itself is being dropped, and this with it.
            Err(_) => std::future::pending().await,
        },
    }
}
