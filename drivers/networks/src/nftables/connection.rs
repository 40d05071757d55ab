//! The way to the kernel's nftables.

use rustix::io::Errno;
use rustix::net::netlink;

use super::element::{Element, list_elements, read_elements};
use super::{Batch, header, kind};
use crate::netlink::{AttributeReader, Message, NetlinkError, Socket};

const GETGEN: u16 = kind(16);
const GENERATION: u16 = 1;

/// A connection to the nftables of the network namespace in which it was opened.
#[derive(Debug)]
pub struct Connection {
    socket: Socket,
}

impl Connection {
    /// Connects to the calling thread's network namespace.
    ///
    /// # Errors
    /// The kernel's.
    pub fn open() -> Result<Self, NetlinkError> {
        let socket = Socket::open(Some(netlink::NETFILTER))?;
        socket.allow_large_batches()?;
        Ok(Self { socket })
    }

    /// Makes a batch of changes. An empty one is not sent.
    ///
    /// # Errors
    /// The first refusal; nothing was changed then.
    pub fn commit(&mut self, batch: Batch) -> Result<(), NetlinkError> {
        if batch.is_empty() {
            return Ok(());
        }
        self.socket.batch(&batch.finish())
    }

    /// A number that grows by one with each batch that anybody commits.
    ///
    /// # Errors
    /// The kernel's.
    pub fn generation(&mut self) -> Result<u32, NetlinkError> {
        let read = |body: &[u8]| {
            AttributeReader::new(body.get(header().len()..).unwrap_or(&[])).be32(GENERATION)
        };
        let found = self.socket.get(&Message::new(GETGEN, 0, &header()), read)?;
        found.ok_or(NetlinkError::Silent)
    }

    /// The elements of a set or map; none when there is no such table or set.
    ///
    /// # Errors
    /// The kernel's.
    pub fn elements(&mut self, table: &str, set: &str) -> Result<Vec<Element>, NetlinkError> {
        let mut found = Vec::new();
        let list = list_elements(table, set);
        match self
            .socket
            .dump(&list, |body| found.extend(read_elements(body)))
        {
            Err(error) if !error.is(Errno::NOENT) => Err(error),
            _ => Ok(found),
        }
    }
}
