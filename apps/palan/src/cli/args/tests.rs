use super::command::Grammar;
use super::parse::{Misuse, Parsed, parse};
use super::{Bytes, KeyValues, flags};

flags! {
    struct Sample {
        detach: bool, "detach", "Detach", .short('d');
        interactive: bool, "interactive", "Keep open", .short('i');
        tty: bool, "tty", "Terminal", .short('t');
        proxy: bool = true, "sig-proxy", "Proxy", .default("true");
        publish: Vec<String>, "publish", "Publish", .short('p');
        name: Option<String>, "name", "Name";
        network: Vec<String>, "network" also "net", "Network";
        memory: Bytes, "memory", "Memory", .short('m');
        sysctl: KeyValues, "sysctl", "Sysctl";
        time: Option<i64>, "time", "Time", .deprecated("use --timeout instead");
    }
}

fn read(words: &[&str], grammar: Grammar) -> Result<Parsed<Sample>, Misuse> {
    let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
    parse(&words, grammar)
}

fn stop(words: &[&str]) -> Parsed<Sample> {
    read(words, Grammar::StopAtPositional).unwrap()
}

fn misuse(words: &[&str]) -> String {
    read(words, Grammar::Interspersed).unwrap_err().to_string()
}

#[test]
fn clusters_and_values_in_every_spelling() {
    let parsed = stop(&[
        "-itp",
        "1:1",
        "-p2:2",
        "-p=3:3",
        "--publish",
        "4",
        "--publish=5",
        "i",
    ]);
    assert!(parsed.flags.interactive && parsed.flags.tty && !parsed.flags.detach);
    assert_eq!(parsed.flags.publish, ["1:1", "2:2", "3:3", "4", "5"]);
    assert_eq!(parsed.positional, ["i"]);
}

#[test]
fn switches_take_an_explicit_value_only_after_an_equals_sign() {
    let parsed = stop(&["-d=false", "--sig-proxy=false", "-t=T", "image", "true"]);
    assert!(!parsed.flags.detach && !parsed.flags.proxy && parsed.flags.tty);
    assert_eq!(parsed.positional, ["image", "true"]);
    assert!(stop(&["image"]).flags.proxy);
}

#[test]
fn the_first_positional_ends_the_flags_where_it_should() {
    let parsed = stop(&["-d", "image", "-x", "--name", "y"]);
    assert_eq!(parsed.positional, ["image", "-x", "--name", "y"]);
    let parsed = read(&["a", "-d", "b", "--", "-x"], Grammar::Interspersed).unwrap();
    assert!(parsed.flags.detach);
    assert_eq!(parsed.positional, ["a", "b", "-x"]);
}

#[test]
fn a_lone_dash_is_positional_and_values_may_start_with_a_dash() {
    let parsed = read(&["-", "--name", "-x", "-p", "--"], Grammar::Interspersed).unwrap();
    assert_eq!(parsed.positional, ["-"]);
    assert_eq!(parsed.flags.name.as_deref(), Some("-x"));
    assert_eq!(parsed.flags.publish, ["--"]);
}

#[test]
fn other_names_and_collections() {
    let parsed = stop(&[
        "--net",
        "a",
        "--network=b",
        "--sysctl",
        "k=v=w",
        "--sysctl",
        "e",
        "-m1k",
    ]);
    assert_eq!(parsed.flags.network, ["a", "b"]);
    assert_eq!(parsed.flags.sysctl.0["k"], "v=w");
    assert_eq!(parsed.flags.sysctl.0["e"], "");
    assert_eq!(parsed.flags.memory, Bytes(1024));
}

#[test]
fn deprecated_flags_work_with_a_remark() {
    let parsed = stop(&["--time", "3"]);
    assert_eq!(parsed.flags.time, Some(3));
    assert_eq!(
        parsed.remarks,
        ["Flag --time has been deprecated, use --timeout instead"]
    );
}

#[test]
fn misuse_is_told_in_dockers_words() {
    for (words, text) in [
        (&["--nope"][..], "unknown flag: --nope"),
        (&["-zt"], "unknown shorthand flag: 'z' in -zt"),
        (&["-tz"], "unknown shorthand flag: 'z' in -z"),
        (&["--name"], "flag needs an argument: --name"),
        (&["-tp"], "flag needs an argument: 'p' in -p"),
        (&["--=x"], "bad flag syntax: --=x"),
        (&["---x"], "bad flag syntax: ---x"),
        (
            &["-d=maybe"],
            "invalid argument \"maybe\" for \"-d, --detach\" flag: strconv.ParseBool: parsing \
             \"maybe\": invalid syntax",
        ),
        (
            &["-m", "x"],
            "invalid argument \"x\" for \"-m, --memory\" flag: invalid size: 'x'",
        ),
    ] {
        assert_eq!(misuse(words), text);
    }
    assert_eq!(
        read(&["--help"], Grammar::Interspersed).unwrap_err(),
        Misuse::Help
    );
}
