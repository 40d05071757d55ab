//! Finding the program, as a shell would, with the words of Docker's runtime.

use std::io;
use std::path::Path;

use palan_model::ErrorKind;
use rustix::fs::{Access, AtFlags, CWD, FileType};
use rustix::io::Errno;

use crate::error::{StartError, text};

/// The path to execute for a program's name, by the `PATH` of its own environment.
///
/// Called as the user who will run it, in its working directory.
pub(crate) fn find(name: &str, env: &[String]) -> Result<String, StartError> {
    if name.contains('/') {
        return match check(name) {
            Ok(()) => Ok(name.to_owned()),
            Err(error) => Err(refused(name, &error)),
        };
    }
    let path = env
        .iter()
        .rev()
        .find_map(|entry| entry.strip_prefix("PATH="));
    for directory in path.unwrap_or_default().split(':') {
        let directory = if directory.is_empty() { "." } else { directory };
        let candidate = format!("{}/{name}", directory.trim_end_matches('/'));
        if !name.is_empty() && check(&candidate).is_ok() {
            return Ok(candidate);
        }
    }
    let message = format!("exec: \"{name}\": executable file not found in $PATH");
    Err(StartError::refused(
        127,
        ErrorKind::InvalidParameter,
        message,
    ))
}

fn refused(name: &str, error: &io::Error) -> StartError {
    let what = format!("exec: \"{name}\"");
    if error.kind() == io::ErrorKind::PermissionDenied {
        return StartError::step(&what, error);
    }
    StartError::step(&format!("{what}: stat {name}"), error)
}

/// Is it a file that the caller may execute?
fn check(path: &str) -> io::Result<()> {
    let status = rustix::fs::stat(path)?;
    if FileType::from_raw_mode(status.st_mode).is_dir() || status.st_mode & 0o111 == 0 {
        return Err(Errno::ACCESS.into());
    }
    Ok(rustix::fs::accessat(
        CWD,
        path,
        Access::EXEC_OK,
        AtFlags::EACCESS,
    )?)
}

/// What is printed when the kernel does not take a program that looked fine, for example because
/// its interpreter is missing.
pub(crate) fn refused_by_kernel(path: &Path, error: &io::Error) -> String {
    format!("exec {}: {}\n", path.display(), text(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(name: &str, path: &str) -> (i32, String) {
        let error = find(name, &[format!("PATH={path}")]).unwrap_err();
        (error.exit_code, error.message)
    }

    #[test]
    fn found() {
        let env = ["PATH=/nowhere".to_owned(), "PATH=/nowhere:/bin/".to_owned()];
        assert_eq!(find("sh", &env).unwrap(), "/bin/sh");
        assert_eq!(find("/bin/sh", &[]).unwrap(), "/bin/sh");
    }

    #[test]
    fn not_found_in_dockers_words() {
        let not_found =
            |name: &str| format!("exec: \"{name}\": executable file not found in $PATH");
        assert_eq!(message("nope", "/bin"), (127, not_found("nope")));
        assert_eq!(message("", "/bin"), (127, not_found("")));
        assert_eq!(
            message("/no/such", "/bin"),
            (
                127,
                "exec: \"/no/such\": stat /no/such: no such file or directory".to_owned()
            )
        );
        let denied = |name: &str| (126, format!("exec: \"{name}\": permission denied"));
        assert_eq!(message("/etc", "/bin"), denied("/etc"));
        assert_eq!(message("/etc/passwd", "/bin"), denied("/etc/passwd"));
    }
}
