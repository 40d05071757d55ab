//! `palan engine`: the program that keeps containers.
//!
//! The only place where drivers are named and wired together. Stopping it leaves containers running;
//! the next one takes them over.

mod config;
mod facts;
mod listen;
mod wiring;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};

pub use config::EngineArgs;
use config::Settings;

/// Runs an engine until it is told to stop.
///
/// # Errors
/// When it cannot start: bad settings, a locked data root, sockets in use.
pub fn run(args: EngineArgs) -> anyhow::Result<()> {
    let settings = Settings::load(args)?;
    start_log(&settings.log_level)?;
    if !rustix::process::geteuid().is_root() {
        anyhow::bail!("palan engine needs root: start it with sudo");
    }
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(settings.workers())
        .thread_name("engine")
        .enable_all()
        .build()
        .context("failed to start the engine's threads")?
        .block_on(serve(settings))
}

async fn serve(settings: Settings) -> anyhow::Result<()> {
    // First, so that a stop that comes early is not lost.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let engine = wiring::open(&settings).await?;
    let listeners = listen::bind(&settings.hosts)?;
    let stop = async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => return,
                _ = interrupt.recv() => return,
                // The terminal that started it went away: nothing of its concern.
                _ = hangup.recv() => {}
            }
        }
    };
    tracing::info!("serving on {}", settings.hosts.join(", "));
    palan_docker_server::serve(engine.clone(), listeners, stop).await;
    engine.shutdown().await;
    listen::unbind(&settings.hosts);
    tracing::info!("stopped; containers go on running");
    Ok(())
}

fn start_log(level: &str) -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_new(level).with_context(|| {
        format!("log level {level:?} is none of error, warn, info, debug, trace")
    })?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    Ok(())
}
