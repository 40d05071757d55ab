//! docker-py's own tests and an environment for Python that can run them, both below `target/conformance`.
//!
//! Made once for each set of versions; a stamp written last says that the folder is complete.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;

/// The last version whose source distribution has the tests (7.1.0 leaves them out).
const VERSION: &str = "7.0.0";

/// What the tests import; `requests` and `urllib3` in the versions that this docker-py works with.
const REQUIREMENTS: [&str; 7] = [
    "packaging==23.2",
    "paramiko==3.5.1",
    "pytest==7.4.2",
    "pytest-timeout==2.1.0",
    "requests==2.31.0",
    "urllib3==1.26.18",
    "websocket-client==1.3.3",
];

/// The unpacked source and the interpreter.
pub struct Source {
    /// Has `docker/` and `tests/`.
    pub dir: PathBuf,
    pub python: PathBuf,
}

/// Fetches what is missing.
///
/// # Errors
/// When PyPI does not answer or the distribution has no integration tests.
pub fn ensure() -> Result<Source> {
    let base = process::target_dir().join("conformance/docker-py");
    let source = Source {
        dir: base.join(format!("docker-{VERSION}")),
        python: base.join("venv/bin/python"),
    };
    let stamp = base.join("stamp");
    let wanted = format!("{VERSION} {}", REQUIREMENTS.join(" "));
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(source);
    }
    if base.exists() {
        fs::remove_dir_all(&base).with_context(|| format!("failed to remove {base:?}"))?;
    }
    fs::create_dir_all(&base).with_context(|| format!("failed to create {base:?}"))?;
    make_environment(&base, &source.python)?;
    download(&base, &source)?;
    fs::write(&stamp, wanted).with_context(|| format!("failed to write {stamp:?}"))?;
    Ok(source)
}

fn make_environment(base: &Path, python: &Path) -> Result<()> {
    let mut venv = Command::new("python3");
    process::output(venv.args(["-m", "venv"]).arg(base.join("venv")))?;
    let mut install = Command::new(python);
    install
        .args(["-m", "pip", "install", "--quiet"])
        .args(REQUIREMENTS);
    process::output(&mut install)?;
    Ok(())
}

fn download(base: &Path, source: &Source) -> Result<()> {
    let mut download = Command::new(&source.python);
    download.args(["-m", "pip", "download", "--quiet", "--no-deps"]);
    download.args(["--no-binary", "docker", "--dest"]).arg(base);
    process::output(download.arg(format!("docker=={VERSION}")))?;
    let mut unpack = Command::new("tar");
    let archive = base.join(format!("docker-{VERSION}.tar.gz"));
    process::output(unpack.arg("-xzf").arg(archive).arg("-C").arg(base))?;
    if !source.dir.join("tests/integration").is_dir() {
        bail!("docker-py {VERSION} from PyPI has no tests/integration");
    }
    Ok(())
}
