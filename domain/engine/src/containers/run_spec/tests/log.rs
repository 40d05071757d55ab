//! Log options.

use palan_model::HostConfig;
use palan_model::host::LogConfig;

use super::super::check_log;

fn check(driver: &str, options: &[(&str, &str)]) -> Result<(Option<u64>, u32), String> {
    let options = options.iter();
    let log = LogConfig {
        driver: driver.to_owned(),
        options: options
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect(),
    };
    let host = HostConfig {
        log,
        ..HostConfig::default()
    };
    check_log(&host).map_err(|error| error.to_string())
}

#[test]
fn sizes_are_powers_of_a_thousand() {
    for (text, size) in [
        ("100", 100),
        ("512k", 512_000),
        ("10m", 10_000_000),
        ("10MB", 10_000_000),
        ("10MiB", 10_000_000),
        ("1.5g", 1_500_000_000),
        ("2 k", 2000),
    ] {
        let checked = check("json-file", &[("max-size", text)]);
        assert_eq!(checked, Ok((Some(size), 1)), "{text}");
    }
    for text in ["", "x", "0", "-1", "10mm", "k", "1e3", "inf", "1 0"] {
        check("json-file", &[("max-size", text)]).unwrap_err();
    }
}

#[test]
fn options_must_be_known() {
    assert_eq!(check("", &[]), Ok((None, 1)));
    assert_eq!(
        check("json-file", &[("max-file", "3"), ("tag", "x")]),
        Ok((None, 3))
    );
    check("json-file", &[("max-file", "0")]).unwrap_err();
    assert_eq!(
        check("json-file", &[("zz", "x")]).unwrap_err(),
        "unknown log opt 'zz' for json-file log driver"
    );
    // A driver that keeps nothing does not look at its options.
    assert_eq!(check("none", &[("zz", "x")]), Ok((None, 1)));
}
