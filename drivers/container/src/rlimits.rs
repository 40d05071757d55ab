//! Resource limits by name (`getrlimit(2)`).

use palan_model::ErrorKind;
use palan_model::resources::Ulimit;
use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::error::{During, StartError};

/// Sets the limits of this process.
///
/// Without `CAP_SYS_RESOURCE` a hard limit cannot be raised: such a limit becomes what it may be, and
/// the container starts.
pub(crate) fn apply(limits: &[Ulimit]) -> Result<(), StartError> {
    for limit in limits {
        let resource = by_name(&limit.name).ok_or_else(|| {
            let message = format!("invalid ulimit type: {}", limit.name);
            StartError::refused(128, ErrorKind::InvalidParameter, message)
        })?;
        set(resource, limit).during(|| format!("setting rlimit {}", limit.name))?;
    }
    Ok(())
}

fn set(resource: Resource, limit: &Ulimit) -> Result<(), Errno> {
    let wanted = Rlimit {
        current: u64::try_from(limit.soft).ok(),
        maximum: u64::try_from(limit.hard).ok(),
    };
    match setrlimit(resource, wanted) {
        Err(Errno::PERM) => {
            let present = getrlimit(resource).maximum;
            let maximum = lower(wanted.maximum, present);
            let current = lower(wanted.current, maximum);
            setrlimit(resource, Rlimit { current, maximum })
        }
        result => result,
    }
}

/// The lower of two limits; none is unlimited.
fn lower(one: Option<u64>, two: Option<u64>) -> Option<u64> {
    match (one, two) {
        (Some(one), Some(two)) => Some(one.min(two)),
        (one, two) => one.or(two),
    }
}

fn by_name(name: &str) -> Option<Resource> {
    Some(match name {
        "as" => Resource::As,
        "core" => Resource::Core,
        "cpu" => Resource::Cpu,
        "data" => Resource::Data,
        "fsize" => Resource::Fsize,
        "locks" => Resource::Locks,
        "memlock" => Resource::Memlock,
        "msgqueue" => Resource::Msgqueue,
        "nice" => Resource::Nice,
        "nofile" => Resource::Nofile,
        "nproc" => Resource::Nproc,
        "rss" => Resource::Rss,
        "rtprio" => Resource::Rtprio,
        "rttime" => Resource::Rttime,
        "sigpending" => Resource::Sigpending,
        "stack" => Resource::Stack,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lower_limit_wins() {
        assert_eq!(lower(Some(3), Some(2)), Some(2));
        assert_eq!(lower(None, Some(2)), Some(2));
        assert_eq!(lower(None, None), None);
    }

    #[test]
    fn unknown_names_are_refused() {
        let limit = Ulimit {
            name: "files".to_owned(),
            soft: 1,
            hard: 1,
        };
        assert_eq!(
            apply(&[limit]).unwrap_err().message,
            "invalid ulimit type: files"
        );
    }
}
