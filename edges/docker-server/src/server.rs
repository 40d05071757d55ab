//! Accepts connections until the end, then lets the open ones finish.

use std::future::Future;
use std::time::Duration;

use palan_engine::Engine;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::connection;
use crate::listener::Listener;

/// How long open requests may go on once the server is told to end.
const GRACE: Duration = Duration::from_secs(2);
/// Pause after a failure to accept, for example for want of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves the API on all listeners until `shutdown` completes. Requests under way then have two
/// seconds to finish; streams without an end are cut. Containers do not notice.
pub async fn serve(engine: Engine, listeners: Vec<Listener>, shutdown: impl Future<Output = ()>) {
    let (stop, stopping) = watch::channel(false);
    let mut accepting = JoinSet::new();
    for listener in listeners {
        accepting.spawn(accept(engine.clone(), listener, stopping.clone()));
    }
    shutdown.await;
    // The receivers live in the tasks: when all of them are gone there is nobody to tell.
    let _ = stop.send(true);
    while accepting.join_next().await.is_some() {}
}

async fn accept(engine: Engine, listener: Listener, mut stopping: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
            _ = stopping.wait_for(|stop| *stop) => break,
        };
        match accepted {
            Ok(stream) => {
                connections.spawn(connection::serve(engine.clone(), stream, stopping.clone()));
            }
            Err(error) => {
                tracing::warn!("failed to accept a connection: {error}");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    let finished = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, finished).await.is_err() {
        connections.shutdown().await;
    }
}
