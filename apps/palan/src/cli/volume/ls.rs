//! `volume ls`

use palan_docker_api::client::Request;
use palan_docker_api::volume::{Volume, VolumeListResponse};

use crate::cli::args::{Arity, Synopsis, Verb, flags};
use crate::cli::failure::{Failure, Outcome};
use crate::cli::format::{Format, Listing, Row, Shape, decimal_size, join_labels, natural_order};
use crate::cli::session::Session;
use crate::cli::spec::filter::Filters;
use crate::cli::system::FORMAT_HELP;

flags! {
    /// Flags of `volume ls`.
    pub struct ListFlags {
        filter: Filters, "filter", "Provide filter values (e.g. \"dangling=true\")", .short('f');
        format: String, "format", FORMAT_HELP;
        quiet: bool, "quiet", "Only display volume names", .short('q');
    }
}

/// `volume ls`
pub struct List;

const SHAPE: Shape = Shape {
    columns: &[
        ("Name", "VOLUME NAME"),
        ("Driver", "DRIVER"),
        ("Scope", "SCOPE"),
        ("Mountpoint", "MOUNTPOINT"),
        ("Labels", "LABELS"),
        ("Links", "LINKS"),
        ("Size", "SIZE"),
        ("Group", "GROUP"),
        ("Availability", "AVAILABILITY"),
        ("Status", "STATUS"),
    ],
    table: "{{.Driver}}\t{{.Name}}",
    quiet: "{{.Name}}",
    raw: "name: {{.Name}}\ndriver: {{.Driver}}\n",
    go_type: "*formatter.volumeContext",
};

impl Verb for List {
    type Flags = ListFlags;

    const SYNOPSIS: Synopsis = Synopsis {
        aliases: &["list"],
        ..Synopsis::new("ls", "[OPTIONS]", "List volumes", Arity::None)
    };

    fn run(session: &Session, flags: ListFlags, _operands: &[String]) -> Outcome {
        let request = Request::get(&["volumes"]).query_some("filters", &flags.filter.to_query());
        let answer: VolumeListResponse = session.client()?.call(request)?.json()?;
        let mut volumes = answer.volumes.unwrap_or_default();
        volumes.sort_by(|left, right| natural_order(&left.name, &right.name));
        let wanted = match flags.format.as_str() {
            "" if !flags.quiet => session.config().volumes_format.as_str(),
            format => format,
        };
        let quiet = flags.quiet && matches!(wanted, "" | "table");
        let format = Format::choose(&SHAPE, wanted, quiet);
        let listing = Listing {
            shape: &SHAPE,
            rows: volumes.iter().map(row).collect(),
        };
        let text = listing
            .render(&format)
            .map_err(|error| Failure::new(error.to_string()))?;
        session.print(&text)
    }
}

#[allow(clippy::cast_precision_loss)]
fn row(volume: &Volume) -> Row {
    let unknown = || "N/A".to_owned();
    let usage = volume.usage_data.as_ref();
    let labels = volume.labels.clone().unwrap_or_default();
    let values = [
        volume.name.clone(),
        volume.driver.clone(),
        volume.scope.clone(),
        volume.mountpoint.clone(),
        join_labels(&labels),
        usage.map_or_else(unknown, |usage| usage.ref_count.to_string()),
        usage.map_or_else(unknown, |usage| decimal_size(usage.size as f64)),
        unknown(),
        unknown(),
        unknown(),
    ];
    Row {
        values: values.into_iter().map(Some).collect(),
        labels,
    }
}
