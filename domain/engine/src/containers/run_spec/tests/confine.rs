//! Capabilities and `--security-opt`.

use palan_model::HostConfig;

use super::super::security::{Filter, parse_security};
use super::texts;

fn host(add: &[&str], drop: &[&str], options: &[&str]) -> HostConfig {
    HostConfig {
        cap_add: texts(add),
        cap_drop: texts(drop),
        security_opt: texts(options),
        ..HostConfig::default()
    }
}

fn capabilities(add: &[&str], drop: &[&str]) -> Vec<String> {
    parse_security(&host(add, drop, &[])).unwrap().capabilities
}

#[test]
fn capabilities_are_added_and_dropped() {
    assert_eq!(capabilities(&[], &[]).len(), 14);
    assert!(capabilities(&["net_admin"], &[]).contains(&"CAP_NET_ADMIN".to_owned()));
    assert_eq!(
        capabilities(&["CAP_CHOWN"], &["CHOWN"]).len(),
        14,
        "adding wins"
    );
    assert_eq!(capabilities(&[], &["chown", "CAP_KILL"]).len(), 12);
    assert_eq!(capabilities(&["ALL"], &[]).len(), 41);
    assert_eq!(capabilities(&["ALL"], &["SYS_ADMIN"]).len(), 40);
    assert_eq!(capabilities(&["all"], &["ALL"]).len(), 41);
    assert_eq!(capabilities(&["KILL"], &["ALL"]), ["CAP_KILL"]);
    assert!(capabilities(&[], &["ALL"]).is_empty());
    let mut all = host(&[], &["ALL"], &[]);
    all.privileged = true;
    let all = parse_security(&all).unwrap();
    assert_eq!(all.capabilities.len(), 41);
    assert_eq!(all.filter, Filter::Unconfined);
}

#[test]
fn security_options_are_dockers() {
    let parse = |option: &str| parse_security(&host(&[], &[], &[option]));
    assert_eq!(parse("label=disable").unwrap().filter, Filter::Default);
    for option in ["seccomp=unconfined", "seccomp:unconfined"] {
        assert_eq!(parse(option).unwrap().filter, Filter::Unconfined);
    }
    let profile = "{\"defaultAction\":\"SCMP_ACT_ALLOW\"}";
    assert_eq!(
        parse(&format!("seccomp={profile}")).unwrap().filter,
        Filter::Profile(profile.to_owned())
    );
    for (option, set) in [
        ("no-new-privileges", true),
        ("no-new-privileges=true", true),
        ("no-new-privileges:true", true),
        ("no-new-privileges=false", false),
        ("apparmor=any", false),
        ("label=type:my_t", false),
    ] {
        assert_eq!(parse(option).unwrap().no_new_privileges, set, "{option}");
    }
    for (option, stage) in [("foo", 1), ("foo=bar", 2), ("no-new-privileges=x", 2)] {
        assert_eq!(
            parse(option).unwrap_err().to_string(),
            format!("invalid --security-opt {stage}: \"{option}\"")
        );
    }
}
