//! `import`

use std::fs::File;
use std::io::Read;

use palan_docker_api::client::Request;

use crate::cli::args::{Arity, Synopsis, Verb, flags};
use crate::cli::failure::{Failure, Outcome};
use crate::cli::session::Session;
use crate::cli::spec::key_value::reason;
use crate::cli::stream::{Display, show, standard_output};
use crate::cli::terminal;

flags! {
    /// Flags of `import`.
    pub struct ImportFlags {
        change: Vec<String>, "change", "Apply Dockerfile instruction to the created image",
            .short('c');
        message: String, "message", "Set commit message for imported image", .short('m');
        platform: String, "platform", "Set platform if server is multi-platform capable";
    }
}

/// `import`
pub struct Import;

impl Verb for Import {
    type Flags = ImportFlags;

    const SYNOPSIS: Synopsis = Synopsis {
        places: &["image import", "import"],
        ..Synopsis::new(
            "import",
            "[OPTIONS] file|URL|- [REPOSITORY[:TAG]]",
            "Import the contents from a tarball to create a filesystem image",
            Arity::AtLeast(1),
        )
    };

    fn run(session: &Session, flags: ImportFlags, operands: &[String]) -> Outcome {
        let source = operands[0].as_str();
        let is_url = source.starts_with("http://") || source.starts_with("https://");
        let mut input = if is_url { None } else { Some(open(source)?) };
        let mut request = Request::post(&["images", "create"])
            .query("fromSrc", if is_url { source } else { "-" })
            .query_some("message", &flags.message)
            .query_some("platform", &flags.platform);
        if let Some(name) = operands.get(1) {
            request = request.query("repo", name);
        }
        for change in &flags.change {
            request = request.query("changes", change);
        }
        if let Some(input) = input.as_mut() {
            request = request.stream("application/x-tar", input.as_mut());
        }
        let response = session.client()?.call(request)?;
        let columns = terminal::stdout_is_terminal().then(|| terminal::width().unwrap_or(80));
        show(
            response,
            Display {
                output: &mut standard_output(),
                columns,
            },
        )
    }
}

fn open(path: &str) -> Outcome<Box<dyn Read>> {
    if path == "-" {
        return Ok(Box::new(std::io::stdin().lock()));
    }
    match File::open(path) {
        Ok(file) => Ok(Box::new(file)),
        Err(error) => Err(Failure::new(format!("open {path}: {}", reason(&error)))),
    }
}
