//! The threads that talk to the kernel: netlink answers and namespaces belong to threads, not to
//! tasks of the asynchronous runtime.
//!
//! Each thread stays in the network namespace in which the driver was made, the *host*, except while
//! a job visits a container's.

use std::os::fd::OwnedFd;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::oneshot;

use crate::error::{Error, Result};
use crate::netlink::Socket;
use crate::sandbox;

/// What a job works with.
#[derive(Debug)]
pub struct Worker {
    /// Interfaces, addresses and routes of the host.
    pub route: Socket,
    /// The host's network namespace.
    pub home: OwnedFd,
}

type Job = Box<dyn FnOnce(&mut Worker) + Send>;

/// Threads that share a queue of jobs. They end when this is dropped and the queue is empty.
#[derive(Debug)]
pub struct Workers {
    queue: Sender<Job>,
}

impl Workers {
    /// Starts threads in the calling thread's network namespace.
    ///
    /// # Errors
    /// When the kernel has no netlink socket or thread for us.
    pub fn start(threads: usize) -> Result<Self> {
        let (queue, jobs) = channel::<Job>();
        let jobs = Arc::new(Mutex::new(jobs));
        for _ in 0..threads {
            let mut worker = Worker {
                route: Socket::open(None).map_err(Error::kernel("open a netlink socket"))?,
                home: sandbox::current()?,
            };
            let jobs = Arc::clone(&jobs);
            thread::Builder::new()
                .name("palan-network".to_owned())
                .stack_size(256 * 1024)
                .spawn(move || work(&mut worker, &jobs))
                .map_err(|source| Error::Namespace {
                    action: "start a thread for networks",
                    source,
                })?;
        }
        Ok(Self { queue })
    }

    /// Runs a job and waits for its result.
    ///
    /// # Errors
    /// What the job says.
    pub async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Worker) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.run_or_undo(job, |_, _| ()).await
    }

    /// The same; `undo` gets the result when nobody waits for it any more.
    ///
    /// # Errors
    /// What the job says.
    pub async fn run_or_undo<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Worker) -> Result<T> + Send + 'static,
        undo: impl FnOnce(&mut Worker, T) + Send + 'static,
    ) -> Result<T> {
        let (reply, result) = oneshot::channel();
        self.submit(move |worker| {
            if let Err(Ok(unwanted)) = reply.send(job(worker)) {
                undo(worker, unwanted);
            }
        });
        result.await.unwrap_or(Err(Error::Stopped))
    }

    /// Runs a job that nobody waits for.
    pub fn submit(&self, job: impl FnOnce(&mut Worker) + Send + 'static) {
        // The threads outlive the queue's sending end, so the queue takes every job.
        let _ = self.queue.send(Box::new(job));
    }
}

fn work(worker: &mut Worker, jobs: &Mutex<Receiver<Job>>) {
    loop {
        let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match next {
            Ok(job) => job(worker),
            Err(_) => return,
        }
    }
}
