//! Parameters of a request's query string, read as dockerd reads them.

use std::collections::BTreeMap;
use std::str::FromStr;

use palan_docker_api::go_json;
use palan_engine::Filters;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::failure::Failure;

/// Decoded parameters; of repeated ones the first counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads `a=b&c=d`.
    pub(crate) fn parse(text: &str) -> Self {
        let decode = |part: &str| {
            let spaced = part.replace('+', " ");
            percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
        };
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        };
        Self(
            text.split('&')
                .filter(|part| !part.is_empty())
                .map(pair)
                .collect(),
        )
    }

    /// The value; none when the parameter is absent.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// All values of a parameter that may be repeated.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The value; none when the parameter is absent or empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// Whether a switch is on: anything but absent, empty, `0`, `no`, `false` and `none`.
    pub(crate) fn flag(&self, name: &str) -> bool {
        let value = self
            .get(name)
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        !matches!(value.as_str(), "" | "0" | "no" | "false" | "none")
    }

    /// A number; none when the parameter is absent or empty.
    ///
    /// # Errors
    /// In the words of Go's `strconv`.
    pub(crate) fn number<N: FromStr>(&self, name: &str) -> Result<Option<N>, Failure> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        text.parse().map(Some).map_err(|_| {
            Failure::bad_request(format!("strconv.Atoi: parsing {text:?}: invalid syntax"))
        })
    }

    /// The `filters` parameter: `{"name":["a"]}`, or `{"name":{"a":true}}` as newer clients write.
    ///
    /// # Errors
    /// When it is neither.
    pub(crate) fn filters(&self) -> Result<Filters, Failure> {
        let Some(text) = self.text("filters") else {
            return Ok(Filters::new());
        };
        let value = go_json::parse(text.as_bytes())?;
        let filters: BTreeMap<String, Value> = go_json::from_value(value)?;
        filters
            .into_iter()
            .map(|(name, values)| Ok((name, filter_values(values)?)))
            .collect()
    }
}

fn filter_values(values: Value) -> Result<Vec<String>, Failure> {
    match values {
        Value::Null => Ok(Vec::new()),
        Value::Object(set) => Ok(set
            .into_iter()
            .filter(|(_, wanted)| wanted.as_bool().unwrap_or(false))
            .map(|(value, _)| value)
            .collect()),
        list => Ok(go_json::from_value(list)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded() {
        let query = Query::parse("name=a%2Fb&t=x+y&empty=&bare&name=second");
        assert_eq!(query.get("name"), Some("a/b"));
        assert_eq!(query.get("t"), Some("x y"));
        assert_eq!((query.get("empty"), query.text("empty")), (Some(""), None));
        assert_eq!(query.get("bare"), Some(""));
        assert_eq!(query.all("name").collect::<Vec<_>>(), ["a/b", "second"]);
    }

    #[test]
    fn switches_are_read_as_dockerd_reads_them() {
        let query = Query::parse("a=1&b=true&c=0&d=False&e=&f=none&g=yes");
        let on: Vec<_> = "abcdefgh"
            .chars()
            .map(|name| query.flag(&name.to_string()))
            .collect();
        assert_eq!(on, [true, true, false, false, false, false, true, false]);
    }

    #[test]
    fn filters_come_in_two_forms() {
        let old = Query::parse("filters=%7B%22label%22%3A%5B%22a%3Db%22%5D%7D");
        let new = Query::parse("filters=%7B%22label%22%3A%7B%22a%3Db%22%3Atrue%7D%7D");
        assert_eq!(old.filters().unwrap(), new.filters().unwrap());
        assert_eq!(old.filters().unwrap()["label"], ["a=b"]);
        let broken = Query::parse("filters=xx").filters().unwrap_err();
        assert_eq!(
            broken.message,
            "invalid character 'x' looking for beginning of value"
        );
    }

    #[test]
    fn numbers_are_checked() {
        let query = Query::parse("t=5&bad=x&empty=");
        assert_eq!(query.number::<i64>("t").unwrap(), Some(5));
        assert_eq!(query.number::<i64>("empty").unwrap(), None);
        assert!(query.number::<i64>("bad").is_err());
    }
}
