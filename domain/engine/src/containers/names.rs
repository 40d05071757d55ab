//! Names for containers that got none: a sailor's adjective and a port.

use palan_model::{ContainerId, ContainerName};

const ADJECTIVES: [&str; 48] = [
    "able", "amber", "anchored", "bold", "brave", "breezy", "bright", "brisk", "calm", "clever",
    "coastal", "copper", "cosy", "daring", "eager", "fair", "fearless", "fleet", "gentle",
    "golden", "hardy", "jaunty", "jolly", "keen", "kind", "lively", "lucky", "merry", "mighty",
    "misty", "nimble", "northern", "patient", "plucky", "proud", "quick", "quiet", "salty",
    "serene", "silver", "sober", "steady", "sturdy", "sunny", "swift", "tidal", "trusty",
    "windward",
];

const PORTS: [&str; 48] = [
    "aarhus",
    "agadir",
    "antwerp",
    "bari",
    "bergen",
    "bilbao",
    "bordeaux",
    "bremen",
    "brest",
    "busan",
    "cadiz",
    "calais",
    "callao",
    "cork",
    "dakar",
    "danzig",
    "dover",
    "dublin",
    "durban",
    "felixstowe",
    "genoa",
    "ghent",
    "haifa",
    "hamburg",
    "havre",
    "hobart",
    "izmir",
    "kobe",
    "lagos",
    "lisbon",
    "lorient",
    "malaga",
    "malmo",
    "marseille",
    "mombasa",
    "nantes",
    "naples",
    "oslo",
    "piraeus",
    "porto",
    "riga",
    "rotterdam",
    "rouen",
    "santos",
    "sete",
    "tangier",
    "trieste",
    "valencia",
];

/// A name made from the identifier's randomness. Later attempts get a digit.
pub(super) fn generate(id: &ContainerId, attempt: u32) -> ContainerName {
    let number = |from: usize| {
        usize::from_str_radix(&id.as_str()[from..from + 8], 16).expect("hexadecimal digits")
    };
    let offset = attempt as usize;
    let adjective = ADJECTIVES[(number(16) + offset) % ADJECTIVES.len()];
    let port = PORTS[(number(24) + offset) % PORTS.len()];
    let digit = if attempt == 0 {
        String::new()
    } else {
        (attempt % 10).to_string()
    };
    format!("{adjective}_{port}{digit}")
        .parse()
        .expect("these words are a name")
}
