//! Palan: the one program users run. Its first word decides what it is: the engine, or a client
//! of one.

mod cli;
#[cfg(test)]
mod embedded;

fn main() {
    let mut words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    let program = words.next().unwrap_or_default();
    let program = program.rsplit('/').next().unwrap_or_default().to_owned();
    let words: Vec<String> = words.collect();
    std::process::exit(cli::main(program, &words));
}
