//! `history`

use palan_docker_api::client::Request;
use palan_docker_api::image::ImageHistoryItem;

use super::load::platform_json;
use crate::cli::args::{Arity, Synopsis, Verb, flags};
use crate::cli::failure::{Failure, Outcome};
use crate::cli::format::{
    Format, Listing, Row, Shape, duration_ago, ellipsis, rfc3339_local, short_decimal_size,
    short_id,
};
use crate::cli::session::Session;
use crate::cli::system::FORMAT_HELP;

flags! {
    /// Flags of `history`.
    pub struct HistoryFlags {
        format: String, "format", FORMAT_HELP;
        human: bool = true, "human", "Print sizes and dates in human readable format",
            .short('H'), .default("true");
        no_trunc: bool, "no-trunc", "Don't truncate output";
        platform: String, "platform",
            "Show history for the given platform. Formatted as \"os[/arch[/variant]]\" (e.g., \
             \"linux/amd64\")", .since(48);
        quiet: bool, "quiet", "Only show image IDs", .short('q');
    }
}

/// `history`
pub struct History;

/// Before this nobody made images: the date is one that stands for none.
const YEAR_2000: i64 = 946_684_800;

const SHAPE: Shape = Shape {
    columns: &[
        ("ID", "IMAGE"),
        ("CreatedSince", "CREATED"),
        ("CreatedAt", "CREATED AT"),
        ("CreatedBy", "CREATED BY"),
        ("Size", "SIZE"),
        ("Comment", "COMMENT"),
    ],
    table: "{{.ID}}\t{{.CreatedSince}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}",
    quiet: "{{.ID}}",
    raw: "raw",
    go_type: "*image.historyContext",
};

const EXACT_SHAPE: Shape = Shape {
    table: "{{.ID}}\t{{.CreatedAt}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}",
    ..SHAPE
};

impl Verb for History {
    type Flags = HistoryFlags;

    const SYNOPSIS: Synopsis = Synopsis {
        places: &["image history", "history"],
        ..Synopsis::new(
            "history",
            "[OPTIONS] IMAGE",
            "Show the history of an image",
            Arity::Exactly(1),
        )
    };

    fn run(session: &Session, flags: HistoryFlags, operands: &[String]) -> Outcome {
        let request = Request::get(&["images", &operands[0], "history"])
            .query_some("platform", &platform_json(&flags.platform));
        let items: Vec<ImageHistoryItem> = session.client()?.call(request)?.json()?;
        let shape = if flags.human { &SHAPE } else { &EXACT_SHAPE };
        let quiet = flags.quiet && matches!(flags.format.as_str(), "" | "table");
        let format = Format::choose(shape, &flags.format, quiet);
        let rows = items.iter().map(|item| row(item, &flags)).collect();
        let listing = Listing { shape, rows };
        let text = listing
            .render(&format)
            .map_err(|error| Failure::new(error.to_string()))?;
        session.print(&text)
    }
}

fn row(item: &ImageHistoryItem, flags: &HistoryFlags) -> Row {
    let id = if flags.no_trunc {
        &item.id
    } else {
        short_id(&item.id)
    };
    let created_at = rfc3339_local(item.created);
    let since = match (flags.human, item.created <= YEAR_2000) {
        (false, _) => created_at.clone(),
        (true, true) => "N/A".to_owned(),
        (true, false) => duration_ago(item.created),
    };
    let created_by = item.created_by.replace('\t', " ");
    let created_by = if flags.no_trunc {
        created_by
    } else {
        ellipsis(&created_by, 45)
    };
    #[allow(clippy::cast_precision_loss)]
    let size = if flags.human {
        short_decimal_size(item.size as f64)
    } else {
        item.size.to_string()
    };
    let values = [
        id.to_owned(),
        since,
        created_at,
        created_by,
        size,
        item.comment.clone(),
    ];
    Row {
        values: values.into_iter().map(Some).collect(),
        ..Row::default()
    }
}
