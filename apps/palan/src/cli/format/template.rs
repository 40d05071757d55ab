//! Go templates (`--format`) with Docker's functions.
//!
//! A value's JSON must keep the engine's order of fields, which the template engine's own maps
//! lose. Maps are shared pointers there, so [`Template`] remembers for each map it handed out the
//! document it stands for, and the `json` function looks it up.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use gotmpl::{FuncMap, MissingKey, TemplateError, Value};

use super::document::Document;
use super::functions::{Originals, address, functions};
use super::template_failure::TemplateFailure;

/// Fields whose names in Docker's templates differ from those in its JSON.
const OTHER_NAMES: [(&str, &str); 13] = [
    ("Id", "ID"),
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

/// A parsed template.
pub struct Template {
    parsed: gotmpl::Template,
    text: String,
    go_type: Option<&'static str>,
    /// It names a field as JSON does and not as Go does. Docker then fills it with the bare JSON,
    /// whose objects it writes with sorted keys and of which nothing may be missing.
    is_raw: bool,
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
            is_raw: OTHER_NAMES.iter().any(|(json, _)| names_field(text, json)),
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
                if !self.is_raw {
                    self.remember(&map, document.compact());
                }
                Value::Map(map)
            }
        }
    }

    /// The keys that the template asks for in maps of this name: `.Labels.key`.
    fn keys_named_of(&self, name: &str) -> Vec<&str> {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        self.text
            .match_indices(&format!(".{name}."))
            .map(|(index, found)| &self.text[index + found.len()..])
            .map(|rest| &rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())])
            .collect()
    }

    fn map_of(&self, fields: &[(Arc<str>, Document)], name: &str) -> BTreeMap<Arc<str>, Value> {
        let mut map = BTreeMap::new();
        for (key, value) in fields {
            map.insert(Arc::clone(key), self.value_of(value, key));
        }
        if self.is_raw {
            return map;
        }
        // A container's `Config` is an object; a log driver's is the user's.
        let is_object = fields.iter().any(|(key, _)| key.as_ref() == "Cmd");
        let is_struct = is_object || !USER_MAPS.contains(&name);
        if !is_struct {
            // The user's keys may be missing; fields of objects may not.
            for key in self.keys_named_of(name) {
                map.entry(key.into()).or_insert(Value::Nil);
            }
        }
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

/// Whether a template names this field somewhere.
pub(super) fn names_field(template: &str, field: &str) -> bool {
    template
        .match_indices(&format!(".{field}"))
        .any(|(index, found)| {
            let next = template[index + found.len()..].chars().next();
            !next.is_some_and(|c| c.is_alphanumeric() || c == '_')
        })
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
