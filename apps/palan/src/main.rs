#[cfg(test)]
mod embedded;

fn main() {}
