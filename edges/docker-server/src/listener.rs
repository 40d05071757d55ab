//! Where clients connect.

use std::io;

use palan_linux::unix_stream;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

/// A connection to a client, whatever it runs over.
pub(crate) trait Connection: AsyncRead + AsyncWrite + Send + Sync + Unpin {
    /// Whether the client has read everything that was written; true where that is not known.
    fn is_drained(&self) -> bool;
}

impl Connection for UnixStream {
    fn is_drained(&self) -> bool {
        unix_stream::is_drained(self).unwrap_or(true)
    }
}

impl Connection for TcpStream {
    fn is_drained(&self) -> bool {
        true
    }
}

/// A socket that is listened on.
#[derive(Debug)]
pub enum Listener {
    /// A socket of the file system.
    Unix(UnixListener),
    /// Plain TCP: everyone who reaches it is root on the host.
    Tcp(TcpListener),
}

impl Listener {
    /// The next connection.
    pub(crate) async fn accept(&self) -> io::Result<Box<dyn Connection>> {
        match self {
            Self::Unix(listener) => Ok(Box::new(listener.accept().await?.0)),
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Ok(Box::new(stream))
            }
        }
    }
}
