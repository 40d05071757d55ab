//! From a URL to a connection.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tower::Service;

use super::stream::Stream;
use super::{DialError, Trust, names, tls};

/// Makes connections for hyper's pool.
#[derive(Clone)]
pub(crate) struct Connector {
    /// Whose certificates are believed.
    pub(crate) trust: Trust,
    /// For everything together.
    pub(crate) timeout: Duration,
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Stream>;
    type Error = DialError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, DialError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), DialError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let Self { trust, timeout } = *self;
        Box::pin(async move { connect(&uri, trust, timeout).await.map(TokioIo::new) })
    }
}

async fn connect(uri: &Uri, trust: Trust, timeout: Duration) -> Result<Stream, DialError> {
    let encrypted = uri.scheme_str() == Some("https");
    let host = uri.host().unwrap_or_default();
    let port = uri.port_u16().unwrap_or(if encrypted { 443 } else { 80 });
    let deadline = Instant::now() + timeout;
    let late = |_| DialError::Timeout(format!("{host}:{port}"));
    let addresses = timeout_at(deadline, names::lookup(host))
        .await
        .map_err(late)??;
    let stream = first(&addresses, port, deadline).await?;
    // Requests are small and waited for.
    let peer = SocketAddr::new(addresses[0], port);
    let refused = |error| DialError::connect(peer, &error);
    stream.set_nodelay(true).map_err(refused)?;
    if !encrypted {
        return Ok(Stream::Plain(stream));
    }
    let stream = timeout_at(deadline, tls::handshake(stream, host, trust));
    let stream = stream.await.map_err(late)??;
    Ok(Stream::Tls(Box::new(stream)))
}

/// Tries the addresses one after the other, each with its share of the time that is left.
async fn first(addresses: &[IpAddr], port: u16, deadline: Instant) -> Result<TcpStream, DialError> {
    let mut failure = None;
    for (tried, address) in addresses.iter().enumerate() {
        let address = SocketAddr::new(*address, port);
        let left = deadline.saturating_duration_since(Instant::now());
        let untried = u32::try_from(addresses.len() - tried).unwrap_or(u32::MAX);
        let share = Instant::now() + left / untried;
        let error = match timeout_at(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => DialError::connect(address, &error),
            Err(_) => DialError::Timeout(address.to_string()),
        };
        failure.get_or_insert(error);
    }
    Err(failure.expect("a lookup finds at least one address"))
}
