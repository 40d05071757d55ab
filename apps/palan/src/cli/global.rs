//! The flags in front of the command's name.

use super::args::flags;

flags! {
    /// Flags in front of the command's name.
    pub struct GlobalFlags {
        config: String, "config", "Location of client config files", .default("\"~/.docker\"");
        context: String, "context",
            "Name of the context to use to connect to the engine (overrides DOCKER_HOST env var \
             and the current context of the configuration)", .short('c');
        debug: bool, "debug", "Enable debug mode", .short('D');
        hosts: Vec<String>, "host", "Engine socket to connect to", .short('H');
        log_level: String, "log-level",
            "Set the logging level (\"debug\", \"info\", \"warn\", \"error\", \"fatal\")",
            .short('l'), .default("\"info\"");
        version: bool, "version", "Print version information and quit", .short('v');
    }
}
