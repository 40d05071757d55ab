//! Names and numbers (`signal(7)`).

#![allow(clippy::unwrap_used)]

use super::Signal;

#[test]
fn names_have_the_numbers_of_linux() {
    for (text, number) in [
        ("HUP", 1),
        ("SIGINT", 2),
        ("sigkill", 9),
        ("Term", 15),
        ("STKFLT", 16),
        ("CHLD", 17),
        ("CLD", 17),
        ("IOT", 6),
        ("POLL", 29),
        ("SYS", 31),
        ("RTMIN", 34),
        ("SIGRTMIN+3", 37),
        ("rtmax", 64),
        ("SIGRTMAX-14", 50),
        ("RTMIN+30", 64),
        ("RTMAX-30", 34),
        ("1", 1),
        ("64", 64),
    ] {
        let signal: Signal = text.parse().unwrap();
        assert_eq!(signal.number(), number, "{text}");
    }
}

#[test]
fn other_texts_are_no_signals() {
    for text in [
        "",
        "NOPE",
        "SIG",
        "0",
        "65",
        "-9",
        "9.0",
        "RTMIN+31",
        "RTMAX-31",
        "RTMIN-1",
        "RTMIN+-1",
        "RTMAX--1",
        "RTMIN+",
        "SIGSIGTERM",
        " TERM",
    ] {
        let error = text.parse::<Signal>().unwrap_err();
        assert_eq!(error.to_string(), format!("invalid signal: {text}"));
    }
}

#[test]
fn every_signal_is_read_back() {
    for number in 1..=64 {
        let signal = Signal::from_number(number).unwrap();
        assert_eq!(signal.to_string().parse::<Signal>().unwrap(), signal);
    }
}
