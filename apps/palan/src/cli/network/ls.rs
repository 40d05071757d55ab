//! `network ls`

use palan_docker_api::client::Request;
use palan_docker_api::network::Network;

use crate::cli::args::{Arity, Synopsis, Verb, flags};
use crate::cli::failure::{Failure, Outcome};
use crate::cli::format::{
    Format, Listing, Row, Shape, go_time, join_labels, natural_order, short_id,
};
use crate::cli::session::Session;
use crate::cli::spec::filter::Filters;
use crate::cli::system::FORMAT_HELP;

flags! {
    /// Flags of `network ls`.
    pub struct ListFlags {
        filter: Filters, "filter", "Provide filter values (e.g. \"driver=bridge\")", .short('f');
        format: String, "format", FORMAT_HELP;
        no_trunc: bool, "no-trunc", "Do not truncate the output";
        quiet: bool, "quiet", "Only display network IDs", .short('q');
    }
}

/// `network ls`
pub struct List;

const SHAPE: Shape = Shape {
    columns: &[
        ("ID", "NETWORK ID"),
        ("Name", "NAME"),
        ("Driver", "DRIVER"),
        ("Scope", "SCOPE"),
        ("IPv4", "IPV4"),
        ("IPv6", "IPV6"),
        ("Internal", "INTERNAL"),
        ("Labels", "LABELS"),
        ("CreatedAt", "CREATED AT"),
    ],
    table: "{{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.Scope}}",
    quiet: "{{.ID}}",
    raw: "network_id: {{.ID}}\nname: {{.Name}}\ndriver: {{.Driver}}\nscope: {{.Scope}}\n",
    go_type: "*network.networkContext",
};

impl Verb for List {
    type Flags = ListFlags;

    const SYNOPSIS: Synopsis = Synopsis {
        aliases: &["list"],
        ..Synopsis::new("ls", "[OPTIONS]", "List networks", Arity::None)
    };

    fn run(session: &Session, flags: ListFlags, _operands: &[String]) -> Outcome {
        let request = Request::get(&["networks"]).query_some("filters", &flags.filter.to_query());
        let mut networks: Vec<Network> = session.client()?.call(request)?.json()?;
        networks.sort_by(|left, right| natural_order(&left.name, &right.name));
        let wanted = match flags.format.as_str() {
            "" if !flags.quiet => session.config().networks_format.as_str(),
            format => format,
        };
        let quiet = flags.quiet && matches!(wanted, "" | "table");
        let format = Format::choose(&SHAPE, wanted, quiet);
        let listing = Listing {
            shape: &SHAPE,
            rows: networks
                .iter()
                .map(|network| row(network, flags.no_trunc))
                .collect(),
        };
        let text = listing
            .render(&format)
            .map_err(|error| Failure::new(error.to_string()))?;
        session.print(&text)
    }
}

fn row(network: &Network, whole: bool) -> Row {
    let id = if whole {
        &network.id
    } else {
        short_id(&network.id)
    };
    let labels = network.labels.clone().unwrap_or_default();
    let values = [
        id.to_owned(),
        network.name.clone(),
        network.driver.clone(),
        network.scope.clone(),
        network.enable_ipv4.unwrap_or(false).to_string(),
        network.enable_ipv6.to_string(),
        network.internal.to_string(),
        join_labels(&labels),
        go_time(&network.created),
    ];
    Row {
        values: values.into_iter().map(Some).collect(),
        labels,
    }
}
