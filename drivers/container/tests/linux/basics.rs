//! Namespaces, root, devices, identity, exit codes and failure texts.

use crate::Test;
use crate::fixture::{Fixture, output};

pub const TESTS: &[Test] = &[("it_runs", it_runs), ("exit_codes", exit_codes)];

fn it_runs() {
    let text = output("echo pid $$; hostname; pwd; echo $HOME; cat /proc/mounts; ls -la /dev");
    assert!(text.starts_with("pid 1\nbox\n/\n/root\n"), "{text}");
    println!("{text}");
}

fn exit_codes() {
    assert_eq!(Fixture::shell("exit 7").run().code, 7);
    assert_eq!(
        Fixture::shell("sh -c 'kill -9 $PPID'; kill -15 $$; exit 3")
            .run()
            .code,
        3
    );
}
