//! The `WWW-Authenticate` header (RFC 9110, section 11.6.1; Bearer: RFC 6750, section 3).

use http::HeaderMap;
use http::header::WWW_AUTHENTICATE;

/// One way to authenticate that a server offers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Challenge {
    /// In lower case, for example `bearer`.
    pub(crate) scheme: String,
    /// Names in lower case.
    parameters: Vec<(String, String)>,
}

impl Challenge {
    /// A parameter's value.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// All challenges of an answer. What is malformed is passed over.
pub(crate) fn challenges(headers: &HeaderMap) -> Vec<Challenge> {
    let values = headers.get_all(WWW_AUTHENTICATE).iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(parse)
        .collect()
}

/// Parses one header, which may hold several challenges, separated by commas as their parameters are.
fn parse(header: &str) -> Vec<Challenge> {
    let mut found: Vec<Challenge> = Vec::new();
    let mut rest = header;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let word;
        (word, rest) = token(rest);
        if word.is_empty() {
            // Not a token: skip the character that is in the way.
            let Some(odd) = rest.chars().next() else {
                return found;
            };
            rest = &rest[odd.len_utf8()..];
            continue;
        }
        let word = word.to_ascii_lowercase();
        let Some(value) = rest.trim_start().strip_prefix('=') else {
            found.push(Challenge {
                scheme: word,
                ..Challenge::default()
            });
            continue;
        };
        let value_text;
        (value_text, rest) = value_of(value.trim_start());
        if let Some(challenge) = found.last_mut() {
            challenge.parameters.push((word, value_text));
        }
    }
}

/// The longest token at the start (RFC 9110, section 5.6.2), and what follows.
fn token(text: &str) -> (&str, &str) {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let end = text.find(|c| !is_token(c)).unwrap_or(text.len());
    text.split_at(end)
}

/// A token or a quoted string, and what follows.
fn value_of(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let (word, rest) = token(text);
        return (word.to_owned(), rest);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            other => value.push(other),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn several_challenges_in_one_header() {
        let header = r#"Bearer realm="https://a.example/token",service="reg",scope="repository:a/b:pull,push", error=invalid_token, Basic realm="a \"b\"""#;
        let found = parse(header);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].scheme, "bearer");
        assert_eq!(found[0].parameter("realm"), Some("https://a.example/token"));
        assert_eq!(
            found[0].parameter("scope"),
            Some("repository:a/b:pull,push")
        );
        assert_eq!(found[0].parameter("error"), Some("invalid_token"));
        assert_eq!(found[1].scheme, "basic");
        assert_eq!(found[1].parameter("realm"), Some("a \"b\""));
        assert_eq!(found[1].parameter("service"), None);
    }

    #[test]
    fn sloppy_headers_are_understood() {
        assert_eq!(parse("Negotiate").len(), 1);
        assert_eq!(parse("").len(), 0);
        assert_eq!(parse("=,;\"").len(), 0);
        let found = parse("BEARER Realm = x , service=\"unterminated");
        assert_eq!(found[0].parameter("realm"), Some("x"));
        assert_eq!(found[0].parameter("service"), Some("unterminated"));
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "\\PC{0,200}") {
            let _ = parse(&text);
        }

        #[test]
        fn quoted_values_come_back(value in "[ -~]{0,40}") {
            let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
            let found = parse(&format!("Bearer realm=\"{escaped}\", a=b"));
            prop_assert_eq!(found[0].parameter("realm"), Some(value.as_str()));
            prop_assert_eq!(found[0].parameter("a"), Some("b"));
        }
    }
}
