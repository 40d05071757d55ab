//! A line of advice below common failures. Docker has none, so there is none either when the
//! program is called by the name `docker`, whose users may compare texts.

/// Parts of failures, and what to do. `{}` is the program's name.
const HINTS: [(&str, &str); 13] = [
    (
        "Is the docker daemon running?",
        "Nothing answers at the address of DOCKER_HOST, --host or the current context. Without them \
         {} uses its own engine and starts it by itself.",
    ),
    (
        "permission denied while trying to connect",
        "The engine's socket belongs to another user: run the command as root.",
    ),
    ("No such container", "Run '{} ps -a' to see all containers."),
    ("No such image", "Run '{} images' to see all images."),
    ("no such volume", "Run '{} volume ls' to see all volumes."),
    (
        "No such object",
        "Run '{} ps -a', '{} images' or '{} volume ls' to see what there is.",
    ),
    (
        "is already in use by container",
        "Remove that container with '{} rm', give it another name with '{} rename', or choose \
         another --name.",
    ),
    (
        "port is already allocated",
        "Another container publishes this port: see '{} ps', or choose another host port.",
    ),
    (
        "address already in use",
        "Another program on this machine uses this port: choose another host port.",
    ),
    (
        "cannot remove a running container",
        "Stop it with '{} stop', or remove it at once with '{} rm -f'.",
    ),
    (
        "volume is in use",
        "Remove the containers that use it first: '{} ps -a --filter volume=NAME'.",
    ),
    (
        "the input device is not a TTY",
        "Leave out -t: the standard input is no terminal.",
    ),
    (
        "network is unreachable",
        "The registry cannot be reached. Images can also be brought in a file: '{} load -i FILE'.",
    ),
];

/// What to do about a failure with this text; none when there is nothing to say.
pub fn for_failure(program: &str, text: &str) -> Option<String> {
    if program == "docker" {
        return None;
    }
    HINTS
        .iter()
        .find(|(part, _)| text.contains(part))
        .map(|(_, advice)| format!("Hint: {}", advice.replace("{}", program)))
}

#[cfg(test)]
mod tests {
    use super::for_failure;

    #[test]
    fn known_failures_get_advice() {
        let text = "Error response from daemon: No such container: x";
        let hint = for_failure("palan", text).unwrap();
        assert_eq!(hint, "Hint: Run 'palan ps -a' to see all containers.");
        assert_eq!(for_failure("docker", text), None);
        assert_eq!(for_failure("palan", "something else"), None);
    }
}
