//! The program of the built-in image `palan/hello`: shows what a container sees of itself.
//!
//! It reads `/proc` and `/sys` only, so whatever a container hides shows as hidden. Nothing here
//! fails: what cannot be read is reported as such, and the exit code is 0 unless the output is gone.

mod identity;
mod limits;
mod network;
mod root;
mod security;

use std::io::{self, Write};
use std::process::ExitCode;

const GREETING: &str = "\
Hello from Palan! You are reading this, so your installation works: the engine took
the image palan/hello, made a container from it, ran the program in it, and sent what
it wrote to your terminal.

This is what the container sees:
";

const HINTS: &str = "
What you can try next:
  palan run --rm --memory 64m --network none palan/hello    compare with the above
  palan run --rm --read-only --cap-drop ALL palan/hello     fewer rights
  palan run -it --rm debian bash                            a shell in a container
  palan run -d -p 8080:80 nginx                             a web server on port 8080
  palan --help                                              everything else
";

/// One line of the report: what it is about, and what was found.
type Line = (&'static str, String);

/// What is shown of things that the container does not let one see.
const HIDDEN: &str = "not visible";

fn main() -> ExitCode {
    match report(&mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn report(out: &mut impl Write) -> io::Result<()> {
    let sections = [
        identity::lines(),
        limits::lines(),
        root::lines(),
        network::lines(),
        security::lines(),
    ];
    out.write_all(GREETING.as_bytes())?;
    for lines in sections {
        writeln!(out)?;
        for (label, text) in lines {
            writeln!(out, "{}", format!("  {label:<14}{text}").trim_end())?;
        }
    }
    out.write_all(HINTS.as_bytes())?;
    out.flush()
}
