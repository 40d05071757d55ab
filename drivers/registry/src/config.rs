//! How a client behaves: which registries may be insecure, where credentials come from, patience.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Settings of a [`RegistryClient`](crate::RegistryClient).
#[derive(Clone, Default)]
pub struct RegistryConfig {
    /// Registries that may use plain HTTP or certificates that nobody vouches for: `host`,
    /// `host:port`, or a subnet such as `10.0.0.0/8` for registries named by address. Loopback
    /// addresses and `localhost` always may.
    pub insecure_registries: Vec<String>,
    /// Where credentials come from; none for anonymous access.
    pub credentials: Option<Arc<dyn CredentialSource>>,
    /// Patience with the network.
    pub timing: Timing,
}

impl fmt::Debug for RegistryConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegistryConfig")
            .field("insecure_registries", &self.insecure_registries)
            .field("timing", &self.timing)
            .finish_non_exhaustive()
    }
}

/// Knows users of registries.
pub trait CredentialSource: Send + Sync + 'static {
    /// Credentials for a registry, by its domain in references, for example `docker.io`.
    fn credentials(&self, registry: &str) -> Option<Credentials>;
}

/// A user and a password. Never logged.
#[derive(Clone)]
pub struct Credentials {
    /// User.
    pub username: String,
    /// Password or access token.
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

/// How long to wait, and how often to try again.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// For a name, a connection and its encryption.
    pub connect: Duration,
    /// For the head of an answer, and between two pieces of its body.
    pub response: Duration,
    /// Attempts at a request in all, the first included.
    pub attempts: u32,
    /// Pause before the second attempt; doubled for each further one.
    pub backoff: Duration,
    /// Longest pause, also when the registry asks for a longer one (`Retry-After`).
    pub longest_backoff: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(15),
            response: Duration::from_secs(60),
            attempts: 5,
            backoff: Duration::from_millis(500),
            longest_backoff: Duration::from_secs(30),
        }
    }
}

impl Timing {
    /// Pause after the given number of failed attempts (at least 1).
    pub(crate) fn pause(&self, failed: u32, asked: Option<Duration>) -> Duration {
        let factor = 1_u32 << (failed.saturating_sub(1)).min(16);
        let pause = self.backoff.saturating_mul(factor);
        asked.unwrap_or(pause).min(self.longest_backoff)
    }
}
