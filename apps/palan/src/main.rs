//! Palan: the one program users run. Its first word decides what it is: the engine, or a client
//! of one.

mod cli;
mod embedded;
mod engine;

use clap::Parser;

/// Run the engine: the program that keeps containers.
#[derive(Parser)]
#[command(name = "palan engine", version)]
struct EngineCommand {
    #[command(flatten)]
    args: engine::EngineArgs,
}

fn main() {
    let mut words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    let program = words.next().unwrap_or_default();
    let program = program.rsplit('/').next().unwrap_or_default().to_owned();
    let words: Vec<String> = words.collect();
    let code = match words.first() {
        Some(first) if first == "engine" => run_engine(&words),
        _ => cli::main(program, &words),
    };
    std::process::exit(code);
}

fn run_engine(words: &[String]) -> i32 {
    let command = EngineCommand::parse_from(words);
    // Before the first thread: the session is the whole process's.
    cli::leave_session();
    match engine::run(command.args) {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("palan engine: {error:#}");
            1
        }
    }
}
