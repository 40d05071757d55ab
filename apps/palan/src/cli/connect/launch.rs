//! Starting the engine on demand.
//!
//! ```text
//! connect --ok--------------------------------------------> done
//!    | nobody listens
//! lock start.lock  (a second command waits here)
//! connect --ok (another command started it)---------------> done
//!    | still nobody
//! spawn `palan engine` in its own session, wait until it accepts --> done
//! ```

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use palan_docker_api::client::{Client, ClientError};
use rustix::fs::{FlockOperation, flock};

use super::Places;
use crate::cli::failure::{Failure, Outcome};

/// Set for an engine that was started on demand: it leaves the session of the command.
const NEW_SESSION: &str = "PALAN_NEW_SESSION";
/// How long a new engine may take until it accepts connections.
const START_LIMIT: Duration = Duration::from_secs(30);
/// Pause between two attempts to connect.
const RETRY_PAUSE: Duration = Duration::from_millis(3);
/// Lines of the log that are shown when the engine does not start.
const LOG_TAIL_LINES: usize = 12;

/// Makes sure that the engine at these places accepts connections; starts it if it must.
///
/// # Errors
/// When it does not start, with the end of its log.
pub fn ensure_running(client: &Client, places: &Places) -> Outcome {
    match client.warm_up() {
        Ok(()) => return Ok(()),
        Err(error) if nobody_listens(&error) => {}
        Err(error) => return Err(error.into()),
    }
    create_directory(&places.run_root, 0o711)?;
    create_directory(&places.data_root, 0o711)?;
    let _lock = lock(&places.start_lock())?;
    if client.warm_up().is_ok() {
        return Ok(());
    }
    let log = places.log_file();
    let mut engine = spawn(places, &log).map_err(|error| cannot_start(&log, &error.to_string()))?;
    wait_until_ready(client, &mut engine, &log)
}

fn nobody_listens(error: &ClientError) -> bool {
    match error {
        ClientError::Connect { source, .. } => matches!(
            source.kind(),
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
        ),
        _ => false,
    }
}

fn create_directory(path: &Path, mode: u32) -> Outcome {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(mode)
        .create(path)
        .map_err(|error| Failure::new(format!("failed to create {}: {error}", path.display())))
}

/// Held until drop.
fn lock(path: &Path) -> Outcome<File> {
    let failed =
        |error: io::Error| Failure::new(format!("failed to lock {}: {error}", path.display()));
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(failed)?;
    flock(&file, FlockOperation::LockExclusive).map_err(|errno| failed(errno.into()))?;
    Ok(file)
}

/// Starts `palan engine`, away from this command's terminal and directory.
fn spawn(places: &Places, log: &Path) -> io::Result<Child> {
    let output = OpenOptions::new().create(true).append(true).open(log)?;
    let errors = output.try_clone()?;
    Command::new("/proc/self/exe")
        .arg0("palan")
        .arg("engine")
        .arg("--host")
        .arg(format!("unix://{}", places.socket.display()))
        .arg("--data-root")
        .arg(&places.data_root)
        .arg("--run-root")
        .arg(&places.run_root)
        .env(NEW_SESSION, "1")
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors)
        .spawn()
}

fn wait_until_ready(client: &Client, engine: &mut Child, log: &Path) -> Outcome {
    let deadline = Instant::now() + START_LIMIT;
    loop {
        if client.warm_up().is_ok() {
            return Ok(());
        }
        let ended = engine
            .try_wait()
            .map_err(|error| cannot_start(log, &error.to_string()))?;
        if let Some(status) = ended {
            return Err(cannot_start(log, &format!("it ended with {status}")));
        }
        if Instant::now() > deadline {
            let seconds = START_LIMIT.as_secs();
            return Err(cannot_start(
                log,
                &format!("it accepts no connection after {seconds} s"),
            ));
        }
        std::thread::sleep(RETRY_PAUSE);
    }
}

fn cannot_start(log: &Path, why: &str) -> Failure {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let tail = &lines[lines.len().saturating_sub(LOG_TAIL_LINES)..];
    let mut message = format!("Cannot start the Palan engine: {why}.");
    if !tail.is_empty() {
        message.push_str(&format!(
            "\n\nEnd of {}:\n  {}",
            log.display(),
            tail.join("\n  ")
        ));
    }
    message.push_str("\n\nRun 'palan engine' to see it start in the foreground, or set DOCKER_HOST to use another engine.");
    Failure::new(message).with_code(125)
}

/// Leaves the terminal and session of the command that started this engine, if one did. To be
/// called before the engine starts a thread.
pub fn leave_session() {
    if std::env::var_os(NEW_SESSION).is_some() {
        // Fails only for the leader of a process group, which has its own session already.
        let _ = rustix::process::setsid();
    }
}
