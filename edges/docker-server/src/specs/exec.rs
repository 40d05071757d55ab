//! Processes beside a container's first one.

use palan_docker_api::exec::ExecCreateRequest;
use palan_model::ExecSpec;

use crate::detach_keys;
use crate::failure::Failure;

/// What an exec request asks for.
pub(crate) fn exec_spec(request: ExecCreateRequest) -> Result<ExecSpec, Failure> {
    let keys = Some(request.detach_keys).filter(|keys| !keys.is_empty());
    if let Some(keys) = &keys
        && detach_keys::parse(keys).is_none()
    {
        return Err(Failure::bad_request(format!(
            "Invalid detach keys ({keys}) provided"
        )));
    }
    Ok(ExecSpec {
        user: request.user,
        privileged: request.privileged,
        tty: request.tty,
        console_size: request.console_size.filter(|size| *size != [0, 0]),
        attach_stdin: request.attach_stdin,
        attach_stdout: request.attach_stdout,
        attach_stderr: request.attach_stderr,
        detach_keys: keys,
        env: request.env.unwrap_or_default(),
        working_dir: request.working_dir,
        cmd: request.cmd.unwrap_or_default(),
    })
}
