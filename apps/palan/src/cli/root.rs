//! The root of the commands: finds the command that was meant and ends the program with its code.

use std::io::Write;

use super::args::{
    Entry, FlagSet, Group, Invocation, command, group_help, root_help, split_global,
};
use super::failure::{Failure, Outcome};
use super::global::GlobalFlags;
use super::session::Session;
use super::{container, hint, image, network, system, volume};

/// Commands without a group: the ones of everyday life.
const COMMANDS: &[Entry] = &[
    command::<container::Attach>(),
    command::<container::Create>(),
    command::<system::Events>(),
    command::<container::Exec>(),
    command::<image::History>(),
    command::<image::Images>(),
    command::<image::Import>(),
    command::<system::Info>(),
    command::<system::Inspect>(),
    command::<container::Kill>(),
    command::<image::Load>(),
    command::<container::Logs>(),
    command::<container::Pause>(),
    command::<container::Port>(),
    command::<container::Ps>(),
    command::<image::Pull>(),
    command::<container::Rename>(),
    command::<container::Restart>(),
    command::<container::Rm>(),
    command::<image::Rmi>(),
    command::<container::Run>(),
    command::<container::Start>(),
    command::<container::Stop>(),
    command::<image::Tag>(),
    command::<container::Top>(),
    command::<container::Unpause>(),
    command::<system::Version>(),
    command::<container::Wait>(),
];

/// Commands by the kind of object.
const GROUPS: &[Group] = &[
    Group {
        name: "container",
        operands: "",
        about: "Manage containers",
        commands: container::COMMANDS,
    },
    Group {
        name: "image",
        operands: "",
        about: "Manage images",
        commands: image::COMMANDS,
    },
    Group {
        name: "network",
        operands: "",
        about: "Manage networks",
        commands: network::COMMANDS,
    },
    Group {
        name: "system",
        operands: "",
        about: "Manage the engine",
        commands: system::COMMANDS,
    },
    Group {
        name: "volume",
        operands: " COMMAND",
        about: "Manage volumes",
        commands: volume::COMMANDS,
    },
];

/// Does what the words after the program's name say. Returns the exit code.
pub fn main(program: String, words: &[String]) -> i32 {
    let name = program.clone();
    let Err(failure) = dispatch(program, words) else {
        return 0;
    };
    if !failure.text.is_empty() {
        let mut text = failure.text;
        if let Some(hint) = hint::for_failure(&name, &text) {
            text.push_str(&format!("\n{hint}"));
        }
        // A closed standard error leaves the exit code to tell.
        let _ = writeln!(std::io::stderr(), "{text}");
    }
    failure.code
}

fn dispatch(program: String, words: &[String]) -> Outcome {
    let read = match split_global::<GlobalFlags>(words) {
        Ok(read) => read,
        Err(misuse) if misuse.is_help() => return print_help(&program),
        Err(misuse) => {
            let text = format!(
                "{misuse}\n\nUsage:  {program} [OPTIONS] COMMAND [ARG...]\n\n\
                 Run '{program} --help' for more information"
            );
            return Err(Failure::new(text).with_code(125));
        }
    };
    let is_version = read.flags.version;
    let session = Session::new(program, read.flags);
    if is_version {
        return system::print_client_version(&session);
    }
    match read.command.split_first() {
        None => {
            session.remark(help_page(session.program()).trim_end());
            Ok(())
        }
        Some((name, rest)) if name == "help" => help(&session, rest),
        Some((name, rest)) => run(&session, name, rest),
    }
}

fn help_page(program: &str) -> String {
    root_help(program, COMMANDS, GROUPS, &GlobalFlags::flags())
}

fn print_help(program: &str) -> Outcome {
    let session = Session::new(program.to_owned(), GlobalFlags::default());
    session.print(&help_page(program))
}

/// `help container ls` shows what `container ls --help` shows.
fn help(session: &Session, words: &[String]) -> Outcome {
    let Some((name, rest)) = words.split_first() else {
        return print_help(session.program());
    };
    let mut words: Vec<String> = rest.to_vec();
    words.push("--help".to_owned());
    run(session, name, &words)
}

fn run(session: &Session, name: &str, words: &[String]) -> Outcome {
    let program = session.program();
    if let Some(entry) = COMMANDS.iter().find(|entry| entry.is_called(name)) {
        let path = [program, entry.synopsis.name];
        return (entry.run)(session, &Invocation { path: &path, words });
    }
    match GROUPS.iter().find(|group| group.name == name) {
        Some(group) => run_in_group(session, group, words),
        None => Err(Failure::new(format!(
            "{program}: unknown command: {program} {name}\n\n\
             Run '{program} --help' for more information"
        ))),
    }
}

fn run_in_group(session: &Session, group: &Group, words: &[String]) -> Outcome {
    let program = session.program();
    let path = format!("{program} {}", group.name);
    let operands = group.operands;
    let Some((name, rest)) = words.split_first() else {
        session.remark(group_help(&path, group).trim_end());
        return Ok(());
    };
    if matches!(name.as_str(), "--help" | "-h" | "help") {
        return session.print(&group_help(&path, group));
    }
    match group.commands.iter().find(|entry| entry.is_called(name)) {
        Some(entry) => {
            let path = [program, group.name, entry.synopsis.name];
            (entry.run)(
                session,
                &Invocation {
                    path: &path,
                    words: rest,
                },
            )
        }
        None => Err(Failure::new(format!(
            "{program}: unknown command: {path} {name}\n\nUsage:  {path}{operands}\n\n\
             Run '{path} --help' for more information"
        ))),
    }
}
