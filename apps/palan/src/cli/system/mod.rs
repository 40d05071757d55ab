//! Commands on the engine itself, one file each.

mod events;
mod info;
mod inspect;
mod version;

pub use events::Events;
pub use info::Info;
pub use inspect::Inspect;
pub use version::{Version, print_client_version};

use super::args::{Entry, command};

/// Help text of `--format` of lists.
pub const FORMAT_HELP: &str = "Format output using a custom template:\n\
    'table':            Print output in table format with column headers (default)\n\
    'table TEMPLATE':   Print output in table format using the given Go template\n\
    'json':             Print in JSON format\n\
    'TEMPLATE':         Print output using the given Go template.\n\
    Refer to https://docs.docker.com/go/formatting/ for more information about formatting output \
    with templates";

/// Help text of `--format` of single objects.
pub const INSPECT_FORMAT_HELP: &str = "Format output using a custom template:\n\
    'json':             Print in JSON format\n\
    'TEMPLATE':         Print output using the given Go template.\n\
    Refer to https://docs.docker.com/go/formatting/ for more information about formatting output \
    with templates";

/// Commands of the group `system`.
pub const COMMANDS: &[Entry] = &[command::<Events>(), command::<Info>()];
