//! How a command ends when it does not succeed: a text for people and an exit code for scripts.

use palan_docker_api::client::ClientError;

/// Result of a command.
pub type Outcome<T = ()> = Result<T, Failure>;

/// A command that did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What to print on the standard error; empty to print nothing.
    pub text: String,
    /// Exit code.
    pub code: i32,
    /// The object that was named does not exist.
    pub not_found: bool,
}

impl Failure {
    /// A failure with exit code 1.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            code: 1,
            not_found: false,
        }
    }

    /// Ends with this code and prints nothing: the code of a container's process.
    pub fn silent(code: i32) -> Self {
        Self::new("").with_code(code)
    }

    /// With another exit code.
    pub fn with_code(mut self, code: i32) -> Self {
        self.code = code;
        self
    }

    /// Several failures as one: their texts in order, the exit code 1.
    pub fn join(failures: Vec<Failure>) -> Outcome {
        if failures.is_empty() {
            return Ok(());
        }
        let texts: Vec<String> = failures.into_iter().map(|failure| failure.text).collect();
        Err(Self::new(texts.join("\n")))
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Self {
            not_found: error.is_not_found(),
            ..Self::new(error.to_string())
        }
    }
}

/// A failure of this program's own input or output.
impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            // The reader of our output left: what a SIGPIPE would have told.
            return Self::silent(141);
        }
        Self::new(error.to_string())
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::new(format!("unexpected answer of the engine: {error}"))
    }
}
