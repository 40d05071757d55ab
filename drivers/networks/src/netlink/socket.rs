//! A netlink socket: requests out, answers in.
//!
//! A socket belongs for good to the network namespace in which it was opened.

use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::net::{AddressFamily, Protocol, RecvFlags, SendFlags, SocketFlags, SocketType};

use super::attributes::AttributeReader;
use super::message::{Answer, HEADER, Message, answers};
use super::{NetlinkError, attributes};

/// One netlink datagram is never longer than this: the kernel sizes dumps by the buffer it is
/// offered, up to 32 KiB.
const BUFFER: usize = 32 * 1024;
/// Room for one batch of requests, for example the ports of thousands of containers.
const SEND_BUFFER: usize = 8 << 20;
/// `NLMSGERR_ATTR_MSG`: the kernel's words.
const EXPLANATION: u16 = 1;

const ACK: u16 = libc::NLM_F_ACK as u16;
const ERROR: u16 = libc::NLMSG_ERROR as u16;
const DONE: u16 = libc::NLMSG_DONE as u16;

/// A connection to one of the kernel's netlink families.
#[derive(Debug)]
pub struct Socket {
    fd: OwnedFd,
    sequence: u32,
    buffer: Vec<u8>,
}

impl Socket {
    /// Opens a socket in the calling thread's network namespace. No protocol means `NETLINK_ROUTE`.
    ///
    /// # Errors
    /// The kernel's.
    pub fn open(protocol: Option<Protocol>) -> Result<Self, NetlinkError> {
        let fd = rustix::net::socket_with(
            AddressFamily::NETLINK,
            SocketType::RAW,
            SocketFlags::CLOEXEC,
            protocol,
        )?;
        palan_linux::netlink::explain_errors(&fd)
            .map_err(|e| Errno::from_io_error(&e).unwrap_or(Errno::INVAL))?;
        Ok(Self {
            fd,
            sequence: 0,
            buffer: vec![0; BUFFER],
        })
    }

    /// Allows batches far above the system's default. Needs `CAP_NET_ADMIN`.
    ///
    /// # Errors
    /// The kernel's.
    pub fn allow_large_batches(&self) -> Result<(), NetlinkError> {
        rustix::net::sockopt::set_socket_send_buffer_size_force(&self.fd, SEND_BUFFER)?;
        Ok(())
    }

    /// Sends requests in one go; the kernel works on all of them, in order, and each is acknowledged.
    ///
    /// # Errors
    /// The first refusal, with the position of the request that it is about.
    pub fn request(&mut self, messages: &[Message]) -> Result<(), (usize, NetlinkError)> {
        let first = self.send(messages, |_| ACK).map_err(|e| (0, e))?;
        let last = self.sequence;
        let mut failure = None;
        self.receive(|answer| {
            let position = answer.sequence.wrapping_sub(first) as usize;
            if answer.kind != ERROR || position >= messages.len() {
                return false;
            }
            if let Err(error) = acknowledgement(answer) {
                failure.get_or_insert((position, error));
            }
            answer.sequence == last
        })
        .map_err(|e| (0, e))?;
        failure.map_or(Ok(()), Err)
    }

    /// Sends one batch that is worked on as a whole: only its last request but one is acknowledged,
    /// between the family's begin and end messages.
    ///
    /// # Errors
    /// The first refusal; nothing of the batch was done then.
    pub fn batch(&mut self, messages: &[Message]) -> Result<(), NetlinkError> {
        let acknowledged = messages.len().saturating_sub(2);
        let first = self.send(messages, |i| if i == acknowledged { ACK } else { 0 })?;
        let last = first.wrapping_add(acknowledged as u32);
        let mut failure = None;
        self.receive(|answer| {
            let position = answer.sequence.wrapping_sub(first) as usize;
            if answer.kind != ERROR || position >= messages.len() {
                return false;
            }
            if let Err(error) = acknowledgement(answer) {
                failure.get_or_insert(error);
                // An error of the begin message speaks for the whole batch, and may come alone.
                return answer.sequence == first || answer.sequence == last;
            }
            answer.sequence == last
        })?;
        failure.map_or(Ok(()), Err)
    }

    /// Asks for one object and hands over the answer's type and body.
    ///
    /// # Errors
    /// The kernel's refusal, `ENOENT` or `ENODEV` when there is no such object.
    pub fn get<T>(
        &mut self,
        message: &Message,
        mut read: impl FnMut(&[u8]) -> T,
    ) -> Result<T, NetlinkError> {
        let sequence = self.send(std::slice::from_ref(message), |_| 0)?;
        let mut found = None;
        self.receive(|answer| {
            if answer.sequence != sequence {
                return false;
            }
            found = Some(if answer.kind == ERROR {
                acknowledgement(answer).and(Err(NetlinkError::Silent))
            } else {
                Ok(read(answer.body))
            });
            true
        })?;
        found.unwrap_or(Err(NetlinkError::Silent))
    }

    /// Lists objects; each one's body is handed over.
    ///
    /// # Errors
    /// The kernel's refusal.
    pub fn dump(
        &mut self,
        message: &Message,
        mut each: impl FnMut(&[u8]),
    ) -> Result<(), NetlinkError> {
        let flags = libc::NLM_F_DUMP as u16;
        let sequence = self.send(std::slice::from_ref(message), |_| flags)?;
        let mut failure = None;
        self.receive(|answer| {
            if answer.sequence != sequence {
                return false;
            }
            match answer.kind {
                ERROR | DONE => {
                    failure = acknowledgement(answer).err();
                    true
                }
                _ => {
                    each(answer.body);
                    false
                }
            }
        })?;
        failure.map_or(Ok(()), Err)
    }

    /// Sends the messages in one datagram and tells the sequence number of the first.
    fn send(
        &mut self,
        messages: &[Message],
        flags: impl Fn(usize) -> u16,
    ) -> Result<u32, NetlinkError> {
        let first = self.sequence.wrapping_add(1);
        let mut bytes = Vec::with_capacity(512);
        for (i, message) in messages.iter().enumerate() {
            self.sequence = self.sequence.wrapping_add(1);
            message.encode(self.sequence, flags(i), &mut bytes);
        }
        loop {
            match rustix::net::send(&self.fd, &bytes, SendFlags::empty()) {
                Ok(_) => return Ok(first),
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    /// Reads answers until `take` has what it wants. Answers to earlier requests are in its hands.
    fn receive(&mut self, mut take: impl FnMut(&Answer<'_>) -> bool) -> Result<(), NetlinkError> {
        loop {
            let flags = RecvFlags::DONTWAIT;
            match rustix::net::recv(&self.fd, self.buffer.as_mut_slice(), flags) {
                Ok((n, _)) => {
                    if answers(&self.buffer[..n]).any(|answer| take(&answer)) {
                        return Ok(());
                    }
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN | Errno::NOBUFS) => return Err(NetlinkError::Silent),
                Err(errno) => return Err(errno.into()),
            }
        }
    }
}

/// What an acknowledgement (or the end of a dump) says.
fn acknowledgement(answer: &Answer<'_>) -> Result<(), NetlinkError> {
    let Some(code) = answer
        .body
        .first_chunk::<4>()
        .map(|b| i32::from_ne_bytes(*b))
    else {
        return Ok(());
    };
    if code >= 0 {
        return Ok(());
    }
    // The refused request's header follows the code; its body was left out on our wish.
    let explanation = answer.body.get(4 + HEADER..).unwrap_or(&[]);
    Err(NetlinkError::Refused {
        errno: Errno::from_raw_os_error(-code),
        detail: AttributeReader::new(explanation)
            .value(EXPLANATION)
            .map(attributes::text),
    })
}
