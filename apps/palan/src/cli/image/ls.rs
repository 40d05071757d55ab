//! `images`, `image ls`

use std::collections::BTreeMap;

use palan_docker_api::client::Request;
use palan_docker_api::image::ImageSummary;
use palan_model::Reference;

use crate::cli::args::{Arity, Category, Synopsis, Verb, flags};
use crate::cli::failure::{Failure, Outcome};
use crate::cli::format::{
    Format, Listing, Row, Shape, decimal_size, duration_ago, local_seconds, short_decimal_size,
    short_id,
};
use crate::cli::session::Session;
use crate::cli::spec::filter::Filters;
use crate::cli::system::FORMAT_HELP;

flags! {
    /// Flags of `images`.
    pub struct ImagesFlags {
        all: bool, "all", "Show all images (default hides intermediate images)", .short('a');
        digests: bool, "digests", "Show digests";
        filter: Filters, "filter", "Filter output based on conditions provided", .short('f');
        format: String, "format", FORMAT_HELP;
        no_trunc: bool, "no-trunc", "Don't truncate output";
        quiet: bool, "quiet", "Only show image IDs", .short('q');
    }
}

const OPERANDS: &str = "[OPTIONS] [REPOSITORY[:TAG]]";
const ABOUT: &str = "List images";
const PLACES: &[&str] = &["image ls", "image list", "images"];
const NONE: &str = "<none>";

/// `images`
pub struct Images;

impl Verb for Images {
    type Flags = ImagesFlags;

    const SYNOPSIS: Synopsis = Synopsis {
        places: PLACES,
        category: Category::Common(7),
        ..Synopsis::new("images", OPERANDS, ABOUT, Arity::AtMost(1))
    };

    fn run(session: &Session, flags: ImagesFlags, operands: &[String]) -> Outcome {
        let found = list(session, flags, operands)?;
        if let ([name], 0) = (operands, found) {
            hint(session, name);
        }
        Ok(())
    }
}

/// `image ls`
pub struct List;

impl Verb for List {
    type Flags = ImagesFlags;

    const SYNOPSIS: Synopsis = Synopsis {
        aliases: &["list"],
        places: PLACES,
        ..Synopsis::new("ls", OPERANDS, ABOUT, Arity::AtMost(1))
    };

    fn run(session: &Session, flags: ImagesFlags, operands: &[String]) -> Outcome {
        list(session, flags, operands).map(|_| ())
    }
}

const SHAPE: Shape = Shape {
    columns: &[
        ("ID", "IMAGE ID"),
        ("Repository", "REPOSITORY"),
        ("Tag", "TAG"),
        ("Digest", "DIGEST"),
        ("CreatedSince", "CREATED"),
        ("CreatedAt", "CREATED AT"),
        ("Size", "SIZE"),
        ("Containers", "CONTAINERS"),
        ("VirtualSize", "SIZE"),
        ("SharedSize", "SHARED SIZE"),
        ("UniqueSize", "UNIQUE SIZE"),
    ],
    table: "{{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{if .CreatedSince }}{{.CreatedSince}}{{else}}N/A{{end}}\t{{.Size}}",
    quiet: "{{.ID}}",
    raw: "repository: {{.Repository}}\ntag: {{.Tag}}\nimage_id: {{.ID}}\n\
          created_at: {{.CreatedAt}}\nvirtual_size: {{.Size}}\n",
    go_type: "*formatter.imageContext",
};

const DIGEST_SHAPE: Shape = Shape {
    table: "{{.Repository}}\t{{.Tag}}\t{{.Digest}}\t{{.ID}}\t{{if .CreatedSince }}{{.CreatedSince}}{{else}}N/A{{end}}\t{{.Size}}",
    raw: "repository: {{.Repository}}\ntag: {{.Tag}}\ndigest: {{.Digest}}\nimage_id: {{.ID}}\n\
          created_at: {{.CreatedAt}}\nvirtual_size: {{.Size}}\n",
    ..SHAPE
};

/// Prints the list; tells how many images there are.
fn list(session: &Session, flags: ImagesFlags, operands: &[String]) -> Outcome<usize> {
    let mut filters = flags.filter;
    if let [name] = operands {
        filters.add("reference", name);
    }
    let request = Request::get(&["images", "json"])
        .query_if("all", flags.all)
        .query_if("digests", flags.digests)
        .query_some("filters", &filters.to_query());
    let images: Vec<ImageSummary> = session.client()?.call(request)?.json()?;
    let wanted = match flags.format.as_str() {
        "" if !flags.quiet => session.config().images_format.as_str(),
        format => format,
    };
    let shape = if flags.digests { &DIGEST_SHAPE } else { &SHAPE };
    let quiet = flags.quiet && matches!(wanted, "" | "table");
    let mut format = Format::choose(shape, wanted, quiet);
    if flags.digests {
        format = format.with_column("Digest");
    }
    let digests = Digests {
        as_rows: flags.digests,
        beside_tags: flags.digests || format.uses("Digest"),
    };
    let rows = images
        .iter()
        .flat_map(|image| rows(image, flags.no_trunc, digests))
        .collect();
    let listing = Listing { shape, rows };
    let text = listing
        .render(&format)
        .map_err(|error| Failure::new(error.to_string()))?;
    session.print(&text)?;
    Ok(images.len())
}

/// Where digests are shown.
#[derive(Clone, Copy)]
struct Digests {
    /// A digest without a tag gets a line of its own.
    as_rows: bool,
    /// Each tag is repeated for each digest of its repository.
    beside_tags: bool,
}

/// One image has a line for each of its names.
fn rows(image: &ImageSummary, whole: bool, digests: Digests) -> Vec<Row> {
    let tags = by_repository(image.repo_tags.as_deref(), |name| {
        name.tag().map(str::to_owned)
    });
    let mut known = by_repository(image.repo_digests.as_deref(), |name| {
        name.digest().map(ToString::to_string)
    });
    if tags.is_empty() && known.is_empty() {
        return vec![row(image, whole, [NONE, NONE, NONE])];
    }
    let mut rows = Vec::new();
    for (repository, tags) in &tags {
        let of_repository = known.remove(repository).unwrap_or_default();
        for tag in tags {
            if of_repository.is_empty() || !digests.beside_tags {
                rows.push(row(image, whole, [repository, tag, NONE]));
                continue;
            }
            for digest in &of_repository {
                rows.push(row(image, whole, [repository, tag, digest]));
            }
        }
    }
    for (repository, list) in &known {
        if digests.as_rows {
            rows.extend(
                list.iter()
                    .map(|digest| row(image, whole, [repository, NONE, digest])),
            );
        } else {
            rows.push(row(image, whole, [repository, NONE, ""]));
        }
    }
    rows
}

fn by_repository(
    names: Option<&[String]>,
    part: impl Fn(&Reference) -> Option<String>,
) -> BTreeMap<String, Vec<String>> {
    let mut map: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for name in names.unwrap_or_default() {
        // `<none>:<none>` is no reference.
        let Ok(reference) = name.parse::<Reference>() else {
            continue;
        };
        if let Some(part) = part(&reference) {
            map.entry(reference.familiar_name()).or_default().push(part);
        }
    }
    map
}

/// The columns of one line, in the order of [`SHAPE`].
#[allow(clippy::cast_precision_loss)]
fn row(image: &ImageSummary, whole: bool, [repository, tag, digest]: [&str; 3]) -> Row {
    let id = if whole {
        &image.id
    } else {
        short_id(&image.id)
    };
    let or_unknown = |known: bool, bytes: i64| {
        if known {
            decimal_size(bytes as f64)
        } else {
            "N/A".to_owned()
        }
    };
    let shares = image.shared_size != -1;
    let containers = match image.containers {
        -1 => "N/A".to_owned(),
        count => count.to_string(),
    };
    let values = [
        id.to_owned(),
        repository.to_owned(),
        tag.to_owned(),
        digest.to_owned(),
        duration_ago(image.created),
        local_seconds(image.created),
        short_decimal_size(image.size as f64),
        containers,
        decimal_size(image.size as f64),
        or_unknown(shares, image.shared_size),
        or_unknown(shares && image.size != -1, image.size - image.shared_size),
    ];
    Row {
        values: values.into_iter().map(Some).collect(),
        labels: image.labels.clone().unwrap_or_default(),
    }
}

/// Somebody may have meant a command of the group `image`.
fn hint(session: &Session, name: &str) {
    let commands = [
        "build", "history", "import", "inspect", "list", "load", "ls", "prune", "pull", "push",
        "rm", "save", "tag",
    ];
    if commands.contains(&name) {
        let program = session.program();
        session.remark(&format!(
            "\nNo images found matching {name:?}: did you mean \"{program} image {name}\"?"
        ));
    }
}
