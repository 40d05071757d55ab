//! `container prune`

use palan_docker_api::client::Request;
use palan_docker_api::container::ContainerPruneResponse;

use crate::cli::args::{Arity, Synopsis, Verb, flags};
use crate::cli::failure::Outcome;
use crate::cli::format::decimal_size;
use crate::cli::prompt::confirm;
use crate::cli::session::Session;
use crate::cli::spec::filter::Filters;

flags! {
    /// Flags of `container prune`.
    pub struct PruneFlags {
        force: bool, "force", "Do not prompt for confirmation", .short('f');
        filter: Filters, "filter", "Provide filter values (e.g. \"until=<timestamp>\")";
    }
}

/// `container prune`
pub struct Prune;

impl Verb for Prune {
    type Flags = PruneFlags;

    const SYNOPSIS: Synopsis = Synopsis::new(
        "prune",
        "[OPTIONS]",
        "Remove all stopped containers",
        Arity::None,
    );

    fn run(session: &Session, flags: PruneFlags, _operands: &[String]) -> Outcome {
        if !flags.force {
            let warning = "WARNING! This will remove all stopped containers.";
            confirm(session, warning, "container prune")?;
        }
        let request =
            Request::post(&["containers", "prune"]).query_some("filters", &flags.filter.to_query());
        let report: ContainerPruneResponse = session.client()?.call(request)?.json()?;
        let deleted = report.containers_deleted.unwrap_or_default();
        if !deleted.is_empty() {
            session.print(&format!("Deleted Containers:\n{}\n\n", deleted.join("\n")))?;
        }
        #[allow(clippy::cast_precision_loss)]
        let size = decimal_size(report.space_reclaimed as f64);
        session.print_line(&format!("Total reclaimed space: {size}"))
    }
}
