//! Go templates (`--format`) with Docker's functions.
//!
//! A value's JSON must keep the engine's order of fields, which the template engine's own maps
//! lose. Maps are shared pointers there, so [`Template`] remembers for each map it handed out the
//! document it stands for, and the `json` function looks it up.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use gotmpl::{FuncMap, MissingKey, TemplateError, Value};

use super::document::Document;

/// Fields whose names in Docker's templates differ from those in its JSON.
const OTHER_NAMES: [(&str, &str); 14] = [
    ("Id", "ID"),
    ("Os", "OS"),
    ("ApiVersion", "APIVersion"),
    ("CpuShares", "CPUShares"),
    ("CpuPeriod", "CPUPeriod"),
    ("CpuQuota", "CPUQuota"),
    ("CpuRealtimePeriod", "CPURealtimePeriod"),
    ("CpuRealtimeRuntime", "CPURealtimeRuntime"),
    ("NanoCpus", "NanoCPUs"),
    ("CpuCount", "CPUCount"),
    ("CpuPercent", "CPUPercent"),
    ("Dns", "DNS"),
    ("DnsOptions", "DNSOptions"),
    ("DnsSearch", "DNSSearch"),
];

/// Fields that the engine leaves out when they are empty but templates may name.
const OPTIONAL: [&str; 30] = [
    "Health",
    "SizeRw",
    "SizeRootFs",
    "Healthcheck",
    "ExposedPorts",
    "Volumes",
    "Shell",
    "StopSignal",
    "StopTimeout",
    "ArgsEscaped",
    "NetworkDisabled",
    "MacAddress",
    "OnBuild",
    "Entrypoint",
    "Init",
    "Mounts",
    "StorageOpt",
    "Tmpfs",
    "Sysctls",
    "Annotations",
    "Runtime",
    "UsageData",
    "CreatedAt",
    "DriverOpts",
    "GwPriority",
    "DNSNames",
    "Platform",
    "Name",
    "Type",
    "Driver",
];

/// Fields whose value is a map with keys of the user's, not an object of the API.
const USER_MAPS: [&str; 18] = [
    "Labels",
    "Options",
    "Networks",
    "Ports",
    "ExposedPorts",
    "Volumes",
    "Sysctls",
    "Annotations",
    "Tmpfs",
    "StorageOpt",
    "Config",
    "Data",
    "PortBindings",
    "DriverOpts",
    "EndpointsConfig",
    "Containers",
    "Details",
    "Attributes",
];

/// Why a template cannot be used or executed, in the words of Go's `text/template`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("template parsing error: {text}")]
pub struct TemplateFailure {
    /// Go's text.
    pub text: String,
}

impl TemplateFailure {
    /// The text of an error in a template. `go_type` names the value that lacks a field; none for
    /// a map.
    fn new(error: TemplateError, template: &str, go_type: Option<&str>) -> Self {
        let text = match error {
            TemplateError::UndefinedFunction(name) => {
                format!("template: :1: function {name:?} not defined")
            }
            TemplateError::Parse { line, message, .. }
            | TemplateError::Lex { line, message, .. } => {
                format!("template: :{line}: {message}")
            }
            TemplateError::MissingKey { key } => {
                let (column, path) = locate(template, &key);
                let why = match go_type {
                    Some(name) => format!("can't evaluate field {key} in type {name}"),
                    None => format!("map has no entry for key {key:?}"),
                };
                format!("template: :1:{column}: executing \"\" at <{path}>: {why}")
            }
            other => format!("template: {other}"),
        };
        Self { text }
    }
}

/// Where a template names a field: the column that Go tells, and the whole chain of fields.
fn locate(template: &str, key: &str) -> (usize, String) {
    let needle = format!(".{key}");
    let end_of_name = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    let found = template
        .match_indices(&needle)
        .find(|(index, _)| end_of_name(&template[index + needle.len()..]));
    let Some((index, _)) = found else {
        return (0, needle);
    };
    let in_chain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '$');
    let start = template[..index]
        .rfind(|c: char| !in_chain(c))
        .map_or(0, |before| before + 1);
    let path = &template[start..index + needle.len()];
    // Of a chain Go tells where its second field stands.
    let second = path[1..].find('.').map_or(0, |dot| dot + 1);
    (start + second, path.to_owned())
}

/// The JSON of each map that was handed to the template, by the map's address.
type Originals = Arc<Mutex<HashMap<usize, String>>>;

/// A parsed template.
pub struct Template {
    parsed: gotmpl::Template,
    text: String,
    go_type: Option<&'static str>,
    originals: Originals,
}

impl Template {
    /// Parses a template with Docker's functions.
    ///
    /// # Errors
    /// When the text is no template.
    pub fn parse(text: &str) -> Result<Self, TemplateFailure> {
        let originals = Originals::default();
        Self::with_functions(text, functions(&originals), originals)
    }

    /// Parses a template to print the headers of a table with it: functions that change values
    /// leave the headers as they are.
    ///
    /// # Errors
    /// When the text is no template.
    pub fn parse_for_headers(text: &str) -> Result<Self, TemplateFailure> {
        let originals = Originals::default();
        let mut functions = functions(&originals);
        for name in [
            "json", "split", "join", "title", "lower", "upper", "truncate",
        ] {
            functions.insert(
                name.to_owned(),
                Arc::new(|args| Ok(args.first().cloned().unwrap_or(Value::Nil))),
            );
        }
        Self::with_functions(text, functions, originals)
    }

    /// Says what Go calls the values it is executed with, for errors.
    pub fn of_type(mut self, go_type: &'static str) -> Self {
        self.go_type = Some(go_type);
        self
    }

    fn with_functions(
        text: &str,
        functions: FuncMap,
        originals: Originals,
    ) -> Result<Self, TemplateFailure> {
        let source = with_method_calls(text);
        let template = |missing| {
            gotmpl::Template::new("")
                .missing_key(missing)
                .funcs(functions.clone())
                .parse(&source)
                .map_err(|error| TemplateFailure::new(error, text, None))
        };
        // The engine finds unknown functions only when it comes to them; Go when it parses.
        let probe = template(MissingKey::ZeroValue)?;
        let nothing = Value::Map(Arc::default());
        if let Err(error @ TemplateError::UndefinedFunction(_)) = probe.execute_to_string(&nothing)
        {
            return Err(TemplateFailure::new(error, text, None));
        }
        Ok(Self {
            parsed: template(MissingKey::Error)?,
            text: text.to_owned(),
            go_type: None,
            originals,
        })
    }

    /// The template filled with a document.
    ///
    /// # Errors
    /// When the template names what is not there or a function fails.
    pub fn execute(&self, document: &Document) -> Result<String, TemplateFailure> {
        let value = self.value_of(document, "");
        self.execute_value(&value)
    }

    /// The template filled with a value.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub fn execute_value(&self, value: &Value) -> Result<String, TemplateFailure> {
        self.parsed
            .execute_to_string(value)
            .map_err(|error| TemplateFailure::new(error, &self.text, self.go_type))
    }

    /// Says what the `json` function answers for this map.
    pub fn remember(&self, map: &Arc<BTreeMap<Arc<str>, Value>>, json: String) {
        self.originals
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(address(map), json);
    }

    fn value_of(&self, document: &Document, name: &str) -> Value {
        match document {
            Document::Null => Value::Nil,
            Document::Bool(value) => Value::Bool(*value),
            Document::Number(number) => match number.as_i64() {
                Some(integer) => Value::Int(integer),
                None => Value::Float(number.as_f64().unwrap_or_default()),
            },
            Document::Text(text) => Value::String(Arc::clone(text)),
            Document::List(items) => {
                let values: Vec<Value> = items.iter().map(|item| self.value_of(item, "")).collect();
                values.into()
            }
            Document::Object(fields) => {
                let map = Arc::new(self.map_of(fields, name));
                self.remember(&map, document.compact());
                Value::Map(map)
            }
        }
    }

    fn map_of(&self, fields: &[(Arc<str>, Document)], name: &str) -> BTreeMap<Arc<str>, Value> {
        let mut map = BTreeMap::new();
        for (key, value) in fields {
            map.insert(Arc::clone(key), self.value_of(value, key));
        }
        // A container's `Config` is an object; a log driver's is the user's.
        let is_object = fields.iter().any(|(key, _)| key.as_ref() == "Cmd");
        let is_struct = is_object || !USER_MAPS.contains(&name);
        if is_struct {
            for (json, go) in OTHER_NAMES {
                if let Some(value) = map.get(json).cloned() {
                    map.entry(go.into()).or_insert(value);
                }
            }
            for name in OPTIONAL {
                map.entry(name.into()).or_insert(Value::Nil);
            }
        }
        map
    }
}

fn address(map: &Arc<BTreeMap<Arc<str>, Value>>) -> usize {
    Arc::as_ptr(map) as usize
}

/// `.Label "name"` calls a method in Docker's templates; here methods are values to be called.
fn with_method_calls(text: &str) -> String {
    let mut rewritten = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(index) = rest.find(".Label ") {
        let head = &rest[..index];
        let start = head
            .rfind(|c: char| !(c.is_alphanumeric() || matches!(c, '$' | '_' | '.')))
            .map_or(0, |blank| blank + 1);
        rewritten.push_str(&head[..start]);
        rewritten.push_str("call ");
        rewritten.push_str(&head[start..]);
        rewritten.push_str(".Label ");
        rest = &rest[index + ".Label ".len()..];
    }
    rewritten.push_str(rest);
    rewritten
}

fn functions(originals: &Originals) -> FuncMap {
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
