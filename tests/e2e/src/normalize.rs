//! Makes outputs of two engines comparable: what may differ from run to run becomes a placeholder.
//!
//! Image ids are kept, because both engines must compute the same. Runs of blanks shrink to two, as
//! columns are as wide as what they held.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// Replacements in order: a pattern and what takes its place.
static RULES: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    [
        // RFC 3339 time stamps, and the same as Go prints them.
        (
            r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)",
            "<time>",
        ),
        (
            r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? [+-]\d{4} [A-Z]{3,4}",
            "<time>",
        ),
        (
            r"\b(Less than a second|About a minute|\d+ (second|minute)s?)\b",
            "<ago>",
        ),
        (r"\b172\.17\.0\.\d+\b", "<address>"),
        (r"\b([0-9a-f]{2}:){5}[0-9a-f]{2}\b", "<mac>"),
        // Palan publishes ports on IPv4 only, and says so.
        (r"(?m)^(\d+/\w+ -> )?\[::\]:\d+(\n|\z)", ""),
        (r", \[::\]:[\d-]+->[\d-]+/\w+", ""),
        // A shell that hears of the terminal's size while it waits asks where the cursor is, clears what
        // follows, and prompts again. When it hears of it is chance.
        (r"\x1b\[(6n|J)", ""),
        (r"/ # (?:\r?/ # )+", "/ # "),
        // Newer engines say in more words what failed.
        (r"failed to create task for container: ", ""),
        (r"failed to set up container networking: ", ""),
        (r"failed to create shim task: ", ""),
        (
            r"\b[Nn]o such image: (\S+: [Nn]o such image: )?",
            "no such image: ",
        ),
        (r"\bInvalid (IPC mode|signal): ", "invalid $1: "),
        (
            r"invalid restart policy: unknown policy ('\w+');.*",
            "invalid restart policy $1",
        ),
        (
            r"repository name \(\S+\) must be lowercase",
            "repository name must be lowercase",
        ),
        (r"  +", "  "),
        (r"(?m) +$", ""),
    ]
    .into_iter()
    .map(|(pattern, with)| (Regex::new(pattern).expect("the pattern is valid"), with))
    .collect()
});

static ID: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(sha256:)?\b[0-9a-f]{64}\b").expect("the pattern is valid"));
static SHORT_ID: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b[0-9a-f]{12}\b").expect("the pattern is valid"));

/// Placeholders of one engine's session; ids are numbered in the order in which they appear.
#[derive(Debug, Default)]
pub struct Normalizer {
    /// Texts with a fixed placeholder, such as the engine's folder.
    names: Vec<(String, String)>,
    ids: HashMap<String, usize>,
}

impl Normalizer {
    /// Replaces `text` by `placeholder` from now on.
    pub fn name(&mut self, text: impl Into<String>, placeholder: &str) {
        self.names.push((text.into(), placeholder.to_owned()));
    }

    /// `text` with its placeholders.
    pub fn apply(&mut self, text: &str) -> String {
        let mut text = text.replace("\r\n", "\n");
        for (name, placeholder) in &self.names {
            text = text.replace(name, placeholder);
        }
        let text = ID.replace_all(&text, |found: &Captures| self.id(&found[0]));
        let text = SHORT_ID.replace_all(&text, |found: &Captures| self.short_id(&found[0]));
        RULES
            .iter()
            .fold(text.into_owned(), |text, (pattern, with)| {
                pattern.replace_all(&text, *with).into_owned()
            })
    }

    fn id(&mut self, id: &str) -> String {
        if id.starts_with("sha256:") {
            return id.to_owned();
        }
        let next = self.ids.len() + 1;
        let number = self.ids.entry(id.to_owned()).or_insert(next);
        format!("<id {number}>")
    }

    fn short_id(&mut self, short: &str) -> String {
        match self.ids.iter().find(|(id, _)| id.starts_with(short)) {
            Some((_, number)) => format!("<short id {number}>"),
            None => "<short id>".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Normalizer;

    #[test]
    fn ids_are_numbered_and_known_by_their_prefix() {
        let mut normalizer = Normalizer::default();
        let (one, two) = ("1".repeat(64), "2".repeat(64));
        assert_eq!(
            normalizer.apply(&format!("{one} {two} {one}")),
            "<id 1> <id 2> <id 1>"
        );
        assert_eq!(normalizer.apply(&two[..12]), "<short id 2>");
        assert_eq!(normalizer.apply("abcdefabcdef"), "<short id>");
    }

    #[test]
    fn a_repeated_prompt_is_one_prompt() {
        assert_eq!(Normalizer::default().apply("/ # / # ls"), "/ # ls");
        let redrawn = "/ # \u{1b}[6n\r/ # \u{1b}[Jls";
        assert_eq!(Normalizer::default().apply(redrawn), "/ # ls");
    }

    #[test]
    fn image_ids_are_kept() {
        let id = format!("sha256:{}", "a".repeat(64));
        assert_eq!(Normalizer::default().apply(&id), id);
    }

    #[test]
    fn bindings_on_ipv6_are_left_out() {
        let mut normalizer = Normalizer::default();
        let list = "9/tcp, 0.0.0.0:80->80/tcp, [::]:80->80/tcp, 1.2.3.4:81->81/udp";
        assert_eq!(
            normalizer.apply(list),
            "9/tcp, 0.0.0.0:80->80/tcp, 1.2.3.4:81->81/udp"
        );
        let ports = "80/tcp -> 0.0.0.0:80\n80/tcp -> [::]:80\n[::]:81\nend";
        assert_eq!(normalizer.apply(ports), "80/tcp -> 0.0.0.0:80\nend");
    }

    #[test]
    fn times_and_columns_are_made_equal() {
        let mut normalizer = Normalizer::default();
        let text = "Up 3 seconds     x\nLess than a second ago   \n";
        assert_eq!(normalizer.apply(text), "Up <ago>  x\n<ago> ago\n");
        assert_eq!(
            normalizer.apply("2026-11-25T07:12:14.268654604Z out"),
            "<time> out"
        );
        assert_eq!(normalizer.apply("2026-11-25 07:12:14 +0000 UTC"), "<time>");
    }
}
