//! `image prune`

use palan_docker_api::client::Request;
use palan_docker_api::image::ImagePruneResponse;

use crate::cli::args::{Arity, Synopsis, Verb, flags};
use crate::cli::failure::Outcome;
use crate::cli::format::decimal_size;
use crate::cli::prompt::confirm;
use crate::cli::session::Session;
use crate::cli::spec::filter::Filters;

flags! {
    /// Flags of `image prune`.
    pub struct PruneFlags {
        all: bool, "all", "Remove all unused images, not just dangling ones", .short('a');
        filter: Filters, "filter", "Provide filter values (e.g. \"until=<timestamp>\")";
        force: bool, "force", "Do not prompt for confirmation", .short('f');
    }
}

/// `image prune`
pub struct Prune;

impl Verb for Prune {
    type Flags = PruneFlags;

    const SYNOPSIS: Synopsis =
        Synopsis::new("prune", "[OPTIONS]", "Remove unused images", Arity::None);

    fn run(session: &Session, flags: PruneFlags, _operands: &[String]) -> Outcome {
        if !flags.force {
            let which = if flags.all {
                "all images without at least one container associated to them"
            } else {
                "all dangling images"
            };
            confirm(
                session,
                &format!("WARNING! This will remove {which}."),
                "image prune",
            )?;
        }
        let mut filters = flags.filter;
        filters.add("dangling", if flags.all { "false" } else { "true" });
        let request =
            Request::post(&["images", "prune"]).query_some("filters", &filters.to_query());
        let report: ImagePruneResponse = session.client()?.call(request)?.json()?;
        let deleted = report.images_deleted.unwrap_or_default();
        if !deleted.is_empty() {
            let mut text = String::from("Deleted Images:\n");
            for item in &deleted {
                text.push_str(&if item.untagged.is_empty() {
                    format!("deleted: {}\n", item.deleted)
                } else {
                    format!("untagged: {}\n", item.untagged)
                });
            }
            session.print_line(&text)?;
        }
        #[allow(clippy::cast_precision_loss)]
        let size = decimal_size(report.space_reclaimed as f64);
        session.print_line(&format!("Total reclaimed space: {size}"))
    }
}
