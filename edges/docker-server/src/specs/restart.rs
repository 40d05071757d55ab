//! Restart policies.

use palan_docker_api::container::RestartPolicy;
use palan_model::host::RestartMode;

use super::narrow;
use crate::failure::Failure;

/// Reads a policy, with dockerd's refusals.
pub(super) fn from_wire(
    policy: &RestartPolicy,
) -> Result<palan_model::host::RestartPolicy, Failure> {
    let mode = match policy.name.as_str() {
        "" | "no" => RestartMode::No,
        "always" => RestartMode::Always,
        "on-failure" => RestartMode::OnFailure,
        "unless-stopped" => RestartMode::UnlessStopped,
        other => {
            return Err(Failure::bad_request(format!(
                "invalid restart policy '{other}'"
            )));
        }
    };
    let count = policy.maximum_retry_count;
    if mode == RestartMode::OnFailure && count < 0 {
        return Err(Failure::bad_request(
            "invalid restart policy: maximum retry count cannot be negative",
        ));
    }
    if mode != RestartMode::OnFailure && !policy.name.is_empty() && count != 0 {
        let more = if count < 0 {
            " and cannot be negative"
        } else {
            ""
        };
        return Err(Failure::bad_request(format!(
            "invalid restart policy: maximum retry count can only be used with 'on-failure'{more}"
        )));
    }
    Ok(palan_model::host::RestartPolicy {
        mode,
        maximum_retry_count: narrow("MaximumRetryCount", count.max(0))?,
    })
}
