//! What every command works with: the program's name, the standard streams, the user's
//! configuration and the client of the engine, each made when it is first needed.

use std::cell::OnceCell;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use palan_docker_api::client::Client;

use super::config::{self, Config};
use super::connect::{self, ContextName, Wish};
use super::failure::Outcome;
use super::global::GlobalFlags;

/// One run of the program.
pub struct Session {
    program: String,
    global: GlobalFlags,
    config: OnceCell<Config>,
    client: OnceCell<Arc<Client>>,
}

impl Session {
    /// A session of the program called by this name.
    pub fn new(program: String, global: GlobalFlags) -> Self {
        Self {
            program,
            global,
            config: OnceCell::new(),
            client: OnceCell::new(),
        }
    }

    /// The name the program was called by.
    pub fn program(&self) -> &str {
        &self.program
    }

    /// Debug messages are wanted.
    pub fn is_debug(&self) -> bool {
        self.global.debug
    }

    /// The user's configuration.
    pub fn config(&self) -> &Config {
        self.config.get_or_init(|| {
            config::load(&self.config_directory()).unwrap_or_else(|warning| {
                self.remark(&format!("WARNING: {warning}"));
                Config::default()
            })
        })
    }

    /// The client of the engine; the engine is started when it must be.
    ///
    /// # Errors
    /// When there is no engine and none can be started.
    pub fn client(&self) -> Outcome<&Arc<Client>> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let directory = self.config_directory();
        let client = connect::client(&self.wish(&directory))?;
        Ok(self.client.get_or_init(|| Arc::new(client)))
    }

    /// The context in force.
    pub fn context(&self) -> ContextName {
        let directory = self.config_directory();
        ContextName::resolve(&self.wish(&directory))
    }

    fn wish<'a>(&'a self, config_directory: &'a std::path::Path) -> Wish<'a> {
        Wish {
            hosts: &self.global.hosts,
            context: &self.global.context,
            config_directory,
            current_context: &self.config().current_context,
        }
    }

    fn config_directory(&self) -> PathBuf {
        config::directory(&self.global.config)
    }

    /// Writes to the standard output at once.
    ///
    /// # Errors
    /// When nobody reads it any more.
    pub fn print(&self, text: &str) -> Outcome {
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(text.as_bytes())?;
        stdout.flush()?;
        Ok(())
    }

    /// Writes a line to the standard output.
    ///
    /// # Errors
    /// When nobody reads it any more.
    pub fn print_line(&self, text: &str) -> Outcome {
        self.print(&format!("{text}\n"))
    }

    /// Writes a line to the standard error. A closed standard error is no reason to fail.
    pub fn remark(&self, text: &str) {
        let _ = writeln!(std::io::stderr(), "{text}");
    }
}
