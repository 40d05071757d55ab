//! One client's connection: requests one after the other, until one of them takes it over.
//!
//! The whole life of a connection, a hijacked stream included, is one task. Requests are carried out
//! in tasks below it, which outlive the client but not the server.

mod framing;
mod legacy_hijack;
mod tasks;

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use bytes::{Bytes, BytesMut};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use palan_engine::Engine;
use tokio::io::AsyncWriteExt;
use tokio::sync::watch;

pub(crate) use legacy_hijack::LEGACY_UPGRADE;
use legacy_hijack::LegacyHijack;
pub(crate) use tasks::Tasks;

use crate::dispatch;
use crate::hijack::Session;
use crate::listener::Connection;
use crate::response::Answer;

/// The session that a request asked for; it begins when the answer is written.
type Slot = Arc<Mutex<Option<Session>>>;

/// Serves a connection to its end.
pub(crate) async fn serve(
    engine: Engine,
    stream: Box<dyn Connection>,
    stopping: watch::Receiver<bool>,
) {
    let (slot, tasks) = (Slot::default(), Tasks::default());
    match serve_requests(engine, stream, (slot.clone(), tasks.clone()), stopping).await {
        Ok((stream, read)) => {
            let session = slot.lock().expect("no holder of this lock panics").take();
            if let Some(session) = session {
                session.run(stream, read).await;
            }
        }
        // Mostly clients that went away.
        Err(error) => tracing::debug!("connection ended: {error}"),
    }
    tasks.finish().await;
}

/// Answers requests; returns the stream, with bytes already read from it, when hyper is through.
async fn serve_requests(
    engine: Engine,
    stream: Box<dyn Connection>,
    (slot, tasks): (Slot, Tasks),
    mut stopping: watch::Receiver<bool>,
) -> Result<(Box<dyn Connection>, Bytes), Box<dyn std::error::Error + Send + Sync>> {
    let service = service_fn(move |request| {
        let (engine, slot, tasks) = (engine.clone(), slot.clone(), tasks.clone());
        Box::pin(async move {
            let response = match dispatch::answer(engine, tasks, request).await {
                Answer::Response(response) => response,
                Answer::Hijack(response, session) => {
                    *slot.lock().expect("no holder of this lock panics") = Some(session);
                    response
                }
            };
            Ok::<_, Infallible>(response)
        })
    });
    let io = TokioIo::new(LegacyHijack::new(stream));
    let mut connection = http1::Builder::new()
        .title_case_headers(true)
        .serve_connection(io, service);
    let ended = tokio::select! {
        result = poll_fn(|cx| connection.poll_without_shutdown(cx)) => Some(result),
        () = stopped(&mut stopping) => None,
    };
    match ended {
        Some(result) => result?,
        None => {
            Pin::new(&mut connection).graceful_shutdown();
            poll_fn(|cx| connection.poll_without_shutdown(cx)).await?;
        }
    }
    let parts = connection.into_parts();
    let (mut stream, held, unwritten) = parts.io.into_inner().into_parts();
    let mut read = BytesMut::from(parts.read_buf);
    read.extend_from_slice(&held);
    stream.write_all(&unwritten).await?;
    Ok((stream, read.freeze()))
}

/// Waits until the server is told to end.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // An error means that the server is gone, which is as good.
    let _ = stopping.wait_for(|stop| *stop).await;
}
