//! The functions that Docker adds to Go's templates: `json`, `join`, `split`, `lower`, `upper`,
//! `title`, `pad`, `truncate`.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use gotmpl::{FuncMap, TemplateError, Value};

/// The JSON of each map that was handed to the template, by the map's address.
pub(super) type Originals = Arc<Mutex<HashMap<usize, String>>>;

/// The key of a map among the originals.
pub(super) fn address(map: &Arc<BTreeMap<Arc<str>, Value>>) -> usize {
    Arc::as_ptr(map) as usize
}

/// All of them, by name.
pub(super) fn functions(originals: &Originals) -> FuncMap {
    let originals = Arc::clone(originals);
    let mut map = FuncMap::new();
    let mut add = |name: &str, function: gotmpl::ValueFunc| {
        map.insert(name.to_owned(), function);
    };
    add(
        "json",
        Arc::new(move |args| one(args, |v| json(v, &originals).into())),
    );
    add(
        "lower",
        Arc::new(|args| one(args, |v| text_of(v).to_lowercase().into())),
    );
    add(
        "upper",
        Arc::new(|args| one(args, |v| text_of(v).to_uppercase().into())),
    );
    add(
        "title",
        Arc::new(|args| one(args, |v| title(&text_of(v)).into())),
    );
    add("join", Arc::new(|args| two(args, join)));
    add("split", Arc::new(|args| two(args, split)));
    add("truncate", Arc::new(|args| two(args, truncate)));
    add("pad", Arc::new(pad));
    map
}

fn wrong_count(name: &str, args: &[Value]) -> TemplateError {
    TemplateError::Exec(format!(
        "wrong number of args for {name}: got {}",
        args.len()
    ))
}

fn one(args: &[Value], function: impl Fn(&Value) -> Value) -> gotmpl::Result<Value> {
    match args {
        [value] => Ok(function(value)),
        _ => Err(wrong_count("function: want 1", args)),
    }
}

fn two(args: &[Value], function: impl Fn(&Value, &Value) -> Value) -> gotmpl::Result<Value> {
    match args {
        [first, second] => Ok(function(first, second)),
        _ => Err(wrong_count("function: want 2", args)),
    }
}

fn text_of(value: &Value) -> String {
    value.to_string()
}

fn join(list: &Value, separator: &Value) -> Value {
    let Value::List(items) = list else {
        return list.clone();
    };
    let texts: Vec<String> = items.iter().map(text_of).collect();
    texts.join(&text_of(separator)).into()
}

fn split(text: &Value, separator: &Value) -> Value {
    let (text, separator) = (text_of(text), text_of(separator));
    let parts: Vec<Value> = if separator.is_empty() {
        text.chars().map(|c| c.to_string().into()).collect()
    } else {
        text.split(&separator).map(Value::from).collect()
    };
    parts.into()
}

fn truncate(text: &Value, length: &Value) -> Value {
    let text = text_of(text);
    let length = usize::try_from(length.as_int().unwrap_or(0)).unwrap_or(0);
    text.get(..length).unwrap_or(&text).into()
}

fn pad(args: &[Value]) -> gotmpl::Result<Value> {
    let [text, before, after] = args else {
        return Err(wrong_count("pad: want 3", args));
    };
    let text = text_of(text);
    if text.is_empty() {
        return Ok(text.into());
    }
    let blanks =
        |count: &Value| " ".repeat(usize::try_from(count.as_int().unwrap_or(0)).unwrap_or(0));
    Ok(format!("{}{text}{}", blanks(before), blanks(after)).into())
}

/// The first letter of each word in upper case.
fn title(text: &str) -> String {
    let mut at_start = true;
    text.chars()
        .map(|character| {
            let titled = if at_start {
                character.to_ascii_uppercase()
            } else {
                character
            };
            at_start = !(character.is_alphanumeric() || matches!(character, '_' | '\''));
            titled
        })
        .collect()
}

fn json(value: &Value, originals: &Originals) -> String {
    match value {
        Value::Nil => "null".to_owned(),
        Value::String(text) => serde_json::Value::from(text.as_ref()).to_string(),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(|item| json(item, originals)).collect();
            format!("[{}]", items.join(","))
        }
        Value::Map(map) => {
            let known = originals
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get(&address(map))
                .cloned();
            known.unwrap_or_else(|| json_of_map(map, originals))
        }
        scalar => scalar.to_string(),
    }
}

fn json_of_map(map: &BTreeMap<Arc<str>, Value>, originals: &Originals) -> String {
    let pairs: Vec<String> = map
        .iter()
        .filter(|(_, value)| !value.is_function())
        .map(|(key, value)| {
            let key = serde_json::Value::from(key.as_ref());
            format!("{key}:{}", json(value, originals))
        })
        .collect();
    format!("{{{}}}", pairs.join(","))
}
