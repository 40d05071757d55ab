//! Taking a host port for real, so that no process of the host has it or gets it.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::OwnedFd;

use palan_model::port::Protocol;
use rustix::io::Errno;
use rustix::net::{self, AddressFamily, SocketFlags, SocketType, ipproto, sockopt};

/// Binds a socket to the port in the calling thread's network namespace, and keeps it: the port then
/// shows up as taken, as Docker's proxy makes it. Packets never reach the socket, translation turns
/// them away before. None when the kernel does not know the protocol's sockets.
///
/// # Errors
/// Why the port is not to be had, usually `EADDRINUSE`.
pub fn occupy(protocol: Protocol, address: Ipv4Addr, port: u16) -> Result<Option<OwnedFd>, Errno> {
    let (kind, number) = match protocol {
        Protocol::Tcp => (SocketType::STREAM, ipproto::TCP),
        Protocol::Udp => (SocketType::DGRAM, ipproto::UDP),
        Protocol::Sctp => (SocketType::STREAM, ipproto::SCTP),
    };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = match net::socket_with(AddressFamily::INET, kind, flags, Some(number)) {
        Err(Errno::PROTONOSUPPORT | Errno::SOCKTNOSUPPORT) => return Ok(None),
        other => other?,
    };
    if protocol == Protocol::Udp {
        // What arrives while no rule translates is not worth memory.
        sockopt::set_socket_recv_buffer_size(&socket, 0)?;
    } else {
        // Connections of a server that just ended must not keep the port from us.
        sockopt::set_socket_reuseaddr(&socket, true)?;
    }
    net::bind(&socket, &SocketAddrV4::new(address, port))?;
    if protocol != Protocol::Udp {
        // Without this another process with SO_REUSEADDR could still take the port.
        net::listen(&socket, 0)?;
    }
    Ok(Some(socket))
}
