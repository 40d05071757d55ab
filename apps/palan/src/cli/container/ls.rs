//! `ps`, `container ls`

use palan_docker_api::client::Request;
use palan_docker_api::container::ContainerSummary;
use palan_model::Reference;

use crate::cli::args::{Arity, Category, Synopsis, Verb, flags};
use crate::cli::failure::{Failure, Outcome};
use crate::cli::format::{
    Format, Listing, Row, Shape, display_ports, duration_ago, ellipsis, join_labels, local_seconds,
    quote, short_decimal_size, short_id,
};
use crate::cli::session::Session;
use crate::cli::spec::filter::Filters;
use crate::cli::system::FORMAT_HELP;

flags! {
    /// Flags of `ps`.
    pub struct PsFlags {
        all: bool, "all", "Show all containers (default shows just running)", .short('a');
        filter: Filters, "filter", "Filter output based on conditions provided", .short('f');
        format: String, "format", FORMAT_HELP;
        last: i64 = -1, "last", "Show n last created containers (includes all states)",
            .short('n'), .default("-1");
        latest: bool, "latest", "Show the latest created container (includes all states)",
            .short('l');
        no_trunc: bool, "no-trunc", "Don't truncate output";
        quiet: bool, "quiet", "Only display container IDs", .short('q');
        size: Option<bool>, "size", "Display total file sizes", .short('s');
    }
}

const ABOUT: &str = "List containers";
const PLACES: &[&str] = &["container ls", "container list", "container ps", "ps"];

/// `ps`
pub struct Ps;

impl Verb for Ps {
    type Flags = PsFlags;

    const SYNOPSIS: Synopsis = Synopsis {
        places: PLACES,
        category: Category::Common(3),
        ..Synopsis::new("ps", "[OPTIONS]", ABOUT, Arity::None)
    };

    fn run(session: &Session, flags: PsFlags, _operands: &[String]) -> Outcome {
        list(session, &flags)
    }
}

/// `container ls`
pub struct List;

impl Verb for List {
    type Flags = PsFlags;

    const SYNOPSIS: Synopsis = Synopsis {
        aliases: &["ps", "list"],
        places: PLACES,
        ..Synopsis::new("ls", "[OPTIONS]", ABOUT, Arity::None)
    };

    fn run(session: &Session, flags: PsFlags, _operands: &[String]) -> Outcome {
        list(session, &flags)
    }
}

const SHAPE: Shape = Shape {
    columns: &[
        ("ID", "CONTAINER ID"),
        ("Image", "IMAGE"),
        ("Command", "COMMAND"),
        ("CreatedAt", "CREATED AT"),
        ("RunningFor", "CREATED"),
        ("State", "STATE"),
        ("Status", "STATUS"),
        ("Ports", "PORTS"),
        ("Names", "NAMES"),
        ("Size", "SIZE"),
        ("Labels", "LABELS"),
        ("Mounts", "MOUNTS"),
        ("LocalVolumes", "LOCAL VOLUMES"),
        ("Networks", "NETWORKS"),
        ("Platform", "PLATFORM"),
    ],
    table: "{{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}",
    quiet: "{{.ID}}",
    raw: "container_id: {{.ID}}\nimage: {{.Image}}\ncommand: {{.Command}}\n\
          created_at: {{.CreatedAt}}\nstate: {{- pad .State 1 0}}\nstatus: {{- pad .Status 1 0}}\n\
          names: {{.Names}}\nlabels: {{- pad .Labels 1 0}}\nports: {{- pad .Ports 1 0}}\n",
    go_type: "*formatter.ContainerContext",
};

fn list(session: &Session, flags: &PsFlags) -> Outcome {
    let wanted = if flags.format.is_empty() {
        &session.config().ps_format
    } else {
        if flags.quiet {
            session.remark(
                "WARNING: Ignoring custom format, because both --format and --quiet are set.",
            );
        }
        &flags.format
    };
    let mut format = Format::choose(&SHAPE, wanted, flags.quiet);
    let shows_size = flags
        .size
        .unwrap_or(!flags.quiet && wanted != "json" && format.uses("Size"));
    if shows_size && matches!(wanted.as_str(), "" | "table") {
        format = format.with_column("Size");
    }
    let limit = if flags.latest && flags.last == -1 {
        1
    } else {
        flags.last
    };
    let limit = if limit > 0 {
        limit.to_string()
    } else {
        String::new()
    };
    let request = Request::get(&["containers", "json"])
        .query_if("all", flags.all)
        .query_some("limit", &limit)
        .query_if("size", shows_size)
        .query_some("filters", &flags.filter.to_query());
    let containers: Vec<ContainerSummary> = session.client()?.call(request)?.json()?;
    let rows = containers
        .into_iter()
        .map(|c| row(&c, flags.no_trunc))
        .collect();
    let listing = Listing {
        shape: &SHAPE,
        rows,
    };
    let text = listing.render(&format).map_err(|error| {
        // Docker tries the template before it asks the engine, hence the other words.
        let what = if error.text.contains(" executing ") {
            "execute"
        } else {
            "parse"
        };
        Failure::new(format!("failed to {what} template: {}", error.text))
    })?;
    session.print(&text)
}

/// The columns of one container, in the order of [`SHAPE`].
fn row(container: &ContainerSummary, whole: bool) -> Row {
    let id = if whole {
        &container.id
    } else {
        short_id(&container.id)
    };
    let command = if whole {
        container.command.clone()
    } else {
        ellipsis(&container.command, 20)
    };
    let local = container
        .mounts
        .iter()
        .filter(|mount| mount.driver == "local")
        .count();
    let networks: Vec<&str> = container
        .network_settings
        .networks
        .keys()
        .map(String::as_str)
        .collect();
    let values = vec![
        id.to_owned(),
        image(container, whole),
        quote(&command),
        local_seconds(container.created),
        duration_ago(container.created),
        container.state.clone(),
        container.status.clone(),
        display_ports(&container.ports),
        names(container, whole),
        size(container),
        join_labels(&container.labels),
        mounts(container, whole),
        local.to_string(),
        networks.join(","),
    ];
    Row {
        values: values.into_iter().map(Some).chain([None]).collect(),
        labels: container.labels.clone(),
    }
}

fn image(container: &ContainerSummary, whole: bool) -> String {
    let name = &container.image;
    if name.is_empty() {
        return "<no image>".to_owned();
    }
    if whole {
        return name.clone();
    }
    let short = short_id(&container.image_id);
    if short == short_id(name) {
        return short.to_owned();
    }
    match name.parse::<Reference>() {
        // The digest is cut off, the tag stays.
        Ok(reference) => match reference.tag() {
            Some(tag) => format!("{}:{tag}", reference.familiar_name()),
            None => reference.familiar_name(),
        },
        Err(_) => name.clone(),
    }
}

fn names(container: &ContainerSummary, whole: bool) -> String {
    let names: Vec<&str> = container
        .names
        .iter()
        .map(|name| name.get(1..).unwrap_or_default())
        .collect();
    // Names with a slash are legacy links.
    match names.iter().find(|name| !name.contains('/')) {
        Some(own) if !whole => (*own).to_owned(),
        _ => names.join(","),
    }
}

#[allow(clippy::cast_precision_loss)]
fn size(container: &ContainerSummary) -> String {
    let own = short_decimal_size(container.size_rw as f64);
    if container.size_root_fs <= 0 {
        return own;
    }
    let all = short_decimal_size(container.size_root_fs as f64);
    format!("{own} (virtual {all})")
}

fn mounts(container: &ContainerSummary, whole: bool) -> String {
    let names: Vec<String> = container
        .mounts
        .iter()
        .map(|mount| {
            if mount.name.is_empty() {
                &mount.source
            } else {
                &mount.name
            }
        })
        .map(|name| {
            if whole {
                name.clone()
            } else {
                ellipsis(name, 15)
            }
        })
        .collect();
    names.join(",")
}
