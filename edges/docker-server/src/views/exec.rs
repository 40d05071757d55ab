//! Processes beside a container's first one.

use palan_docker_api::exec::{ExecInspect, ProcessConfig};
use palan_model::ExecRecord;

use crate::detach_keys;

/// Writes an exec instance.
pub(crate) fn exec_inspect(record: &ExecRecord) -> ExecInspect {
    use base64::Engine as _;
    let spec = &record.spec;
    let (program, arguments) = spec
        .cmd
        .split_first()
        .map_or((String::new(), Vec::new()), |(p, a)| {
            (p.clone(), a.to_vec())
        });
    let keys = spec
        .detach_keys
        .as_deref()
        .and_then(detach_keys::parse)
        .unwrap_or_default();
    ExecInspect {
        id: record.id.to_string(),
        running: record.running,
        exit_code: record.exit_code.map(i64::from),
        process_config: ProcessConfig {
            tty: spec.tty,
            entrypoint: program,
            arguments: Some(arguments),
            privileged: Some(spec.privileged),
            user: spec.user.clone(),
        },
        open_stdin: spec.attach_stdin,
        open_stderr: spec.attach_stderr,
        open_stdout: spec.attach_stdout,
        can_remove: record.can_remove,
        container_id: record.container.to_string(),
        detach_keys: base64::engine::general_purpose::STANDARD.encode(keys),
        pid: i64::from(record.pid),
    }
}
