//! Compares JSON documents member by member.

use std::collections::BTreeMap;

use serde_json::Value;

use super::exceptions::{self, Allowed};

/// All differences between the reference's documents and another engine's, one line each.
pub fn differences(
    expected: &BTreeMap<String, Value>,
    found: &BTreeMap<String, Value>,
) -> Vec<String> {
    let mut lines = Vec::new();
    for name in expected
        .keys()
        .chain(found.keys().filter(|name| !expected.contains_key(*name)))
    {
        compare(name, expected.get(name), found.get(name), &mut lines);
    }
    lines
}

fn compare(path: &str, expected: Option<&Value>, found: Option<&Value>, lines: &mut Vec<String>) {
    let allowed = exceptions::allowed(path);
    match (expected, found) {
        _ if allowed == Some(Allowed::Anything) => {}
        (None, Some(_)) if allowed == Some(Allowed::Extra) => {}
        (Some(_), None) if allowed == Some(Allowed::Missing) => {}
        (Some(Value::Object(expected)), Some(Value::Object(found))) => {
            let extra = found.keys().filter(|name| !expected.contains_key(*name));
            for name in expected.keys().chain(extra) {
                let path = format!("{path}.{name}");
                compare(&path, expected.get(name), found.get(name), lines);
            }
        }
        (Some(Value::Array(expected)), Some(Value::Array(found))) => {
            let (expected, found) = (ordered(path, expected), ordered(path, found));
            for index in 0..expected.len().max(found.len()) {
                let path = format!("{path}[{index}]");
                compare(&path, expected.get(index), found.get(index), lines);
            }
        }
        (expected, found) if expected == found => {}
        (expected, found)
            if allowed == Some(Allowed::Value) && expected.is_some() == found.is_some() => {}
        (expected, found) => {
            lines.push(format!(
                "{path}: {} instead of {}",
                text(found),
                text(expected)
            ));
        }
    }
}

/// The elements in a certain order, where the engine's own is chance.
fn ordered(path: &str, elements: &[Value]) -> Vec<Value> {
    let mut elements = elements.to_vec();
    if exceptions::UNORDERED.contains(&path) {
        elements.sort_by_cached_key(Value::to_string);
    }
    elements
}

fn text(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), Value::to_string)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::differences;

    fn compare(expected: serde_json::Value, found: serde_json::Value) -> Vec<String> {
        let document = |value| BTreeMap::from([("doc".to_owned(), value)]);
        differences(&document(expected), &document(found))
    }

    #[test]
    fn equal_documents_have_no_difference() {
        assert!(
            compare(
                json!({"a": [1, {"b": null}]}),
                json!({"a": [1, {"b": null}]})
            )
            .is_empty()
        );
    }

    #[test]
    fn missing_extra_and_other_values_are_named() {
        let lines = compare(
            json!({"a": 1, "b": [1, 2]}),
            json!({"b": [1, 3], "c": null}),
        );
        let expected = [
            "doc.a: nothing instead of 1",
            "doc.b[1]: 3 instead of 2",
            "doc.c: null instead of nothing",
        ];
        assert_eq!(lines, expected);
    }
}
