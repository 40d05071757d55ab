use super::credentials;
use super::load::platform_json;
use crate::cli::config::{Auth, Config};

#[test]
fn platforms_become_json() {
    assert_eq!(platform_json(""), "");
    let arm = platform_json("linux/arm64/v8");
    assert_eq!(
        arm,
        r#"{"architecture":"arm64","os":"linux","variant":"v8"}"#
    );
}

#[test]
fn credentials_are_those_of_the_registry() {
    let mut config = Config::default();
    let auth = Auth {
        // user:pa:ss
        auth: "dXNlcjpwYTpzcw==".to_owned(),
        ..Auth::default()
    };
    config
        .auths
        .insert("127.0.0.1:5000".to_owned(), auth.clone());
    config
        .auths
        .insert("https://index.docker.io/v1/".to_owned(), auth);
    let header = |name: &str| credentials::header(&config, &name.parse().unwrap());
    assert_eq!(
        header("127.0.0.1:5000/bb").unwrap(),
        "eyJ1c2VybmFtZSI6InVzZXIiLCJwYXNzd29yZCI6InBhOnNzIiwic2VydmVyYWRkcmVzcyI6IjEyNy4wLjAuMTo1MDAwIn0="
    );
    assert!(header("busybox").is_some());
    assert_eq!(header("example.com/x"), None);
}
