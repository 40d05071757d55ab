//! `top`

use palan_docker_api::client::Request;
use palan_docker_api::container::ContainerTopResponse;

use crate::cli::args::{Arity, Grammar, NoFlags, Synopsis, Verb};
use crate::cli::failure::Outcome;
use crate::cli::format::{Columns, align};
use crate::cli::session::Session;

/// `top`
pub struct Top;

const COLUMNS: Columns = Columns {
    minimum: 20,
    padding: 3,
};

impl Verb for Top {
    type Flags = NoFlags;

    const SYNOPSIS: Synopsis = Synopsis {
        places: &["container top", "top"],
        // What follows the container belongs to ps.
        grammar: Grammar::StopAtPositional,
        ..Synopsis::new(
            "top",
            "CONTAINER [ps OPTIONS]",
            "Display the running processes of a container",
            Arity::AtLeast(1),
        )
    };

    fn run(session: &Session, _flags: NoFlags, operands: &[String]) -> Outcome {
        let request = Request::get(&["containers", &operands[0], "top"])
            .query_some("ps_args", &operands[1..].join(" "));
        let top: ContainerTopResponse = session.client()?.call(request)?.json()?;
        let mut text = format!("{}\n", top.titles.join("\t"));
        for process in &top.processes {
            text.push_str(&format!("{}\n", process.join("\t")));
        }
        session.print(&align(&text, COLUMNS))
    }
}
