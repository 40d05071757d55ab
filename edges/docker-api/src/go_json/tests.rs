use std::collections::BTreeMap;

use super::*;

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Inner {
    memory: i64,
    size: [u16; 2],
    on: bool,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Outer {
    name: String,
    #[serde(deserialize_with = "one_or_many")]
    cmd: Option<Vec<String>>,
    env: Vec<String>,
    labels: BTreeMap<String, String>,
    inner: Inner,
    maybe: Option<Inner>,
}

fn decode(json: &str) -> Result<Outer, String> {
    from_slice(json.as_bytes()).map_err(|error| error.to_string())
}

#[test]
fn names_match_in_any_case_and_exact_ones_win() {
    let outer = decode(r#"{"NAME":"a","inner":{"MEMORY":5}}"#).unwrap();
    assert_eq!((outer.name.as_str(), outer.inner.memory), ("a", 5));
    assert_eq!(
        decode(r#"{"Name":"exact","name":"folded"}"#).unwrap().name,
        "exact"
    );
}

#[test]
fn keys_of_maps_keep_their_case() {
    let outer = decode(r#"{"labels":{"Name":"x","a":null}}"#).unwrap();
    assert_eq!(outer.labels["Name"], "x");
    assert_eq!(outer.labels["a"], "");
}

#[test]
fn null_is_the_zero_value() {
    let json =
        r#"{"Name":null,"Cmd":null,"Env":[null,"x"],"Labels":null,"Inner":null,"Maybe":null}"#;
    let outer = decode(json).unwrap();
    assert_eq!(outer.env, ["", "x"]);
    assert_eq!(
        Outer {
            env: Vec::new(),
            ..outer
        },
        Outer::default()
    );
    assert_eq!(decode("null").unwrap(), Outer::default());
}

#[test]
fn a_repeated_field_counts_once() {
    assert_eq!(decode(r#"{"Name":"a","Name":"b"}"#).unwrap().name, "b");
}

#[test]
fn commands_are_one_text_or_a_list() {
    assert_eq!(
        decode(r#"{"Cmd":"ls -l"}"#).unwrap().cmd.unwrap(),
        ["ls -l"]
    );
    assert_eq!(decode(r#"{"Cmd":["ls"]}"#).unwrap().cmd.unwrap(), ["ls"]);
    assert_eq!(decode(r#"{"Cmd":[]}"#).unwrap().cmd, Some(Vec::new()));
    assert_eq!(decode("{}").unwrap().cmd, None);
}

#[test]
fn short_and_long_arrays_fit() {
    let size = |json: &str| {
        decode(&format!(r#"{{"Inner":{{"Size":{json}}}}}"#))
            .unwrap()
            .inner
            .size
    };
    assert_eq!(size("[24]"), [24, 0]);
    assert_eq!(size("[24,80,3]"), [24, 80]);
    assert_eq!(size("null"), [0, 0]);
}

#[test]
fn other_types_are_refused_in_gos_words() {
    assert_eq!(
        decode(r#"{"Inner":{"Memory":"64m"}}"#).unwrap_err(),
        "json: cannot unmarshal string into Go struct field Outer.Inner.Memory of type int64"
    );
    assert_eq!(
        decode(r#"{"Inner":{"Memory":1.5}}"#).unwrap_err(),
        "json: cannot unmarshal number 1.5 into Go struct field Outer.Inner.Memory of type int64"
    );
    assert_eq!(
        decode(r#"{"Inner":{"On":1}}"#).unwrap_err(),
        "json: cannot unmarshal number into Go struct field Outer.Inner.On of type bool"
    );
    assert_eq!(
        decode("[]").unwrap_err(),
        "json: cannot unmarshal array into Go value of type Outer"
    );
}

#[test]
fn malformed_documents_are_refused_in_gos_words() {
    let cases = [
        ("", "EOF"),
        ("  \n", "EOF"),
        ("{\"a\":", "unexpected EOF"),
        ("xx", "invalid character 'x' looking for beginning of value"),
        (
            "{bad",
            "invalid character 'b' looking for beginning of object key string",
        ),
        ("{\"a\" 1}", "invalid character '1' after object key"),
        (
            "{\"a\":1 \"b\"}",
            "invalid character '\"' after object key:value pair",
        ),
        ("[1 2]", "invalid character '2' after array element"),
        ("{} x", "invalid character 'x' after top-level value"),
    ];
    for (json, text) in cases {
        assert_eq!(decode(json).unwrap_err(), text, "{json:?}");
    }
}
