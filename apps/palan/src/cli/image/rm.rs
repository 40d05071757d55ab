//! `rmi`, `image rm`

use palan_docker_api::client::Request;
use palan_docker_api::image::ImageDeleteItem;

use super::load::platform_json;
use crate::cli::args::{Arity, Synopsis, Verb, flags};
use crate::cli::failure::{Failure, Outcome};
use crate::cli::session::Session;

flags! {
    /// Flags of `rmi`.
    pub struct RmiFlags {
        force: bool, "force", "Force removal of the image", .short('f');
        no_prune: bool, "no-prune", "Do not delete untagged parents";
        platform: Vec<String>, "platform",
            "Remove only the given platform variant. Formatted as \"os[/arch[/variant]]\" (e.g., \
             \"linux/amd64\")", .since(50);
    }
}

const OPERANDS: &str = "[OPTIONS] IMAGE [IMAGE...]";
const ABOUT: &str = "Remove one or more images";
const PLACES: &[&str] = &["image rm", "image remove", "rmi"];

/// `rmi`
pub struct Rmi;

impl Verb for Rmi {
    type Flags = RmiFlags;

    const SYNOPSIS: Synopsis = Synopsis {
        places: PLACES,
        ..Synopsis::new("rmi", OPERANDS, ABOUT, Arity::AtLeast(1))
    };

    fn run(session: &Session, flags: RmiFlags, names: &[String]) -> Outcome {
        remove(session, &flags, names)
    }
}

/// `image rm`
pub struct Remove;

impl Verb for Remove {
    type Flags = RmiFlags;

    const SYNOPSIS: Synopsis = Synopsis {
        aliases: &["rmi", "remove"],
        places: PLACES,
        ..Synopsis::new("rm", OPERANDS, ABOUT, Arity::AtLeast(1))
    };

    fn run(session: &Session, flags: RmiFlags, names: &[String]) -> Outcome {
        remove(session, &flags, names)
    }
}

fn remove(session: &Session, flags: &RmiFlags, names: &[String]) -> Outcome {
    let client = session.client()?;
    let mut failures = Vec::new();
    for name in names {
        let mut request = Request::delete(&["images", name])
            .query_if("force", flags.force)
            .query_if("noprune", flags.no_prune);
        for platform in &flags.platform {
            request = request.query("platforms", &platform_json(platform));
        }
        match client
            .call(request)
            .and_then(|answer| answer.json::<Vec<ImageDeleteItem>>())
        {
            Ok(items) => {
                let lines: String = items.iter().map(|item| line(item) + "\n").collect();
                session.print(&lines)?;
            }
            Err(error) => failures.push(Failure::from(error)),
        }
    }
    let only_missing = failures.iter().all(|failure| failure.not_found);
    match Failure::join(failures) {
        Err(failure) if flags.force && only_missing => {
            session.remark(&failure.text);
            Ok(())
        }
        outcome => outcome,
    }
}

fn line(item: &ImageDeleteItem) -> String {
    if item.deleted.is_empty() {
        format!("Untagged: {}", item.untagged)
    } else {
        format!("Deleted: {}", item.deleted)
    }
}
