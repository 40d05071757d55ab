//! `volume prune`

use palan_docker_api::ApiVersion;
use palan_docker_api::client::Request;
use palan_docker_api::volume::VolumePruneResponse;

use crate::cli::args::{Arity, Synopsis, Verb, flags};
use crate::cli::failure::Outcome;
use crate::cli::format::decimal_size;
use crate::cli::prompt::confirm;
use crate::cli::session::Session;
use crate::cli::spec::filter::Filters;

flags! {
    /// Flags of `volume prune`.
    pub struct PruneFlags {
        all: bool, "all", "Remove all unused volumes, not just anonymous ones",
            .short('a'), .since(42);
        filter: Filters, "filter", "Provide filter values (e.g. \"label=<label>\")";
        force: bool, "force", "Do not prompt for confirmation", .short('f');
    }
}

/// `volume prune`
pub struct Prune;

/// Before it, a prune takes named volumes too.
const ANONYMOUS_ONLY: ApiVersion = ApiVersion::v1(42);

impl Verb for Prune {
    type Flags = PruneFlags;

    const SYNOPSIS: Synopsis = Synopsis::new(
        "prune",
        "[OPTIONS]",
        "Remove unused local volumes",
        Arity::None,
    );

    fn run(session: &Session, flags: PruneFlags, _operands: &[String]) -> Outcome {
        let client = session.client()?;
        let tells_apart = client.version()? >= ANONYMOUS_ONLY;
        if !flags.force {
            let which = if flags.all || !tells_apart {
                "all"
            } else {
                "anonymous"
            };
            let warning = format!(
                "WARNING! This will remove {which} local volumes not used by at least one \
                 container."
            );
            confirm(session, &warning, "volume prune")?;
        }
        let mut filters = flags.filter;
        if flags.all && tells_apart {
            filters.add("all", "true");
        }
        let request =
            Request::post(&["volumes", "prune"]).query_some("filters", &filters.to_query());
        let report: VolumePruneResponse = client.call(request)?.json()?;
        let deleted = report.volumes_deleted.unwrap_or_default();
        if !deleted.is_empty() {
            session.print(&format!("Deleted Volumes:\n{}\n\n", deleted.join("\n")))?;
        }
        #[allow(clippy::cast_precision_loss)]
        let size = decimal_size(report.space_reclaimed as f64);
        session.print_line(&format!("Total reclaimed space: {size}"))
    }
}
