//! The environment and what an exec inherits.

use palan_model::{ContainerConfig, ExecSpec, HostConfig};

use super::super::parse_security;
use super::super::process::{plan_exec, plan_first};
use super::{record, texts};

const PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

fn config(tty: bool, env: &[&str]) -> ContainerConfig {
    ContainerConfig {
        hostname: "web".to_owned(),
        tty,
        env: texts(env),
        ..ContainerConfig::default()
    }
}

fn first(tty: bool, env: &[&str]) -> Vec<String> {
    let record = record(config(tty, env), HostConfig::default());
    let security = parse_security(&record.host).unwrap();
    plan_first(&record, &security, None).unwrap().env
}

#[test]
fn the_environment_is_in_dockers_order() {
    assert_eq!(first(false, &[]), [PATH, "HOSTNAME=web"]);
    assert_eq!(
        first(true, &["B=2", "A=1"]),
        [PATH, "HOSTNAME=web", "TERM=xterm", "B=2", "A=1"]
    );
    // A later value takes the place of the earlier one.
    assert_eq!(
        first(true, &["A=1", "TERM=dumb", "PATH=/bin", "A=2"]),
        ["PATH=/bin", "HOSTNAME=web", "TERM=dumb", "A=2"]
    );
    // A name without a value goes away.
    assert_eq!(first(false, &["A=1", "HOSTNAME", "A", "NONE"]), [PATH]);
    assert_eq!(
        first(false, &["A=b=c", "E="]),
        [PATH, "HOSTNAME=web", "A=b=c", "E="]
    );
}

#[test]
fn an_exec_takes_over_what_it_does_not_say() {
    let mut own = config(true, &["A=1"]);
    own.user = "app".to_owned();
    own.working_dir = "/srv".to_owned();
    let record = record(own, HostConfig::default());
    let security = parse_security(&record.host).unwrap();
    let mut spec = ExecSpec {
        cmd: texts(&["sh", "-c", "true"]),
        env: texts(&["A=2", "B=3"]),
        ..ExecSpec::default()
    };
    let process = plan_exec(&record, &spec, &security, None);
    assert_eq!(process.env, [PATH, "HOSTNAME=web", "A=2", "B=3"]);
    assert_eq!(
        (&*process.user, &*process.cwd, process.tty),
        ("app", "/srv", false)
    );
    spec.user = "0:0".to_owned();
    spec.working_dir = "/tmp".to_owned();
    let process = plan_exec(&record, &spec, &security, None);
    assert_eq!((&*process.user, &*process.cwd), ("0:0", "/tmp"));
}
