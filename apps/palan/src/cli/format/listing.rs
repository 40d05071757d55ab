//! Lists of objects: a table with headers, a template per line, JSON per line, or bare
//! identifiers.

use std::collections::BTreeMap;
use std::sync::Arc;

use gotmpl::Value;

use super::table::{LISTING, align};
use super::template::{Template, names_field};
use super::template_failure::TemplateFailure;

/// What a kind of list can show.
#[derive(Debug)]
pub struct Shape {
    /// Field names for templates, each with its header.
    pub columns: &'static [(&'static str, &'static str)],
    /// Template of the table.
    pub table: &'static str,
    /// Template of a line with `--quiet`.
    pub quiet: &'static str,
    /// Template of an entry with `--format raw`.
    pub raw: &'static str,
    /// What Docker calls an object of the list in errors of templates.
    pub go_type: &'static str,
}

/// One object of a list.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// Values in the order of the shape's columns; none is `null` in JSON.
    pub values: Vec<Option<String>>,
    /// Labels, for `.Label "name"`.
    pub labels: BTreeMap<String, String>,
}

/// How the list is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// Columns with headers above them.
    Table(String),
    /// One filled template per object.
    Lines(String),
}

impl Format {
    /// The format that `--format` and `--quiet` ask for.
    pub fn choose(shape: &Shape, wanted: &str, quiet: bool) -> Self {
        match (wanted, quiet) {
            (_, true) => Self::Lines(shape.quiet.to_owned()),
            ("" | "table", false) => Self::Table(unescape(shape.table)),
            ("raw", false) => Self::Lines(shape.raw.to_owned()),
            ("json", false) => Self::Lines("{{json .}}".to_owned()),
            (text, false) => match text.strip_prefix("table") {
                Some(template) => Self::Table(unescape(template)),
                None => Self::Lines(unescape(text)),
            },
        }
    }

    /// Whether the template names this field, or all fields together (`json .`).
    pub fn uses(&self, field: &str) -> bool {
        let (Self::Table(text) | Self::Lines(text)) = self;
        if text.contains("json .}}") || text.contains("json . ") {
            return true;
        }
        names_field(text, field)
    }

    /// With one more column, when this is a table that does not have it yet.
    pub fn with_column(self, field: &str) -> Self {
        match self {
            Self::Table(text) if !text.contains(&format!("{{{{.{field}}}}}")) => {
                Self::Table(format!("{text}\t{{{{.{field}}}}}"))
            }
            other => other,
        }
    }
}

/// The two escapes that shells hand over as they are.
fn unescape(template: &str) -> String {
    template
        .trim_matches(' ')
        .replace("\\t", "\t")
        .replace("\\n", "\n")
}

/// A list to be printed.
#[derive(Debug)]
pub struct Listing<'a> {
    /// What it can show.
    pub shape: &'a Shape,
    /// Its objects.
    pub rows: Vec<Row>,
}

impl Listing<'_> {
    /// The text to print.
    ///
    /// # Errors
    /// When the template is not valid for this kind of list.
    pub fn render(&self, format: &Format) -> Result<String, TemplateFailure> {
        match format {
            Format::Lines(template) => self.lines(template),
            Format::Table(template) => {
                let headers = Template::parse_for_headers(template)?.of_type(self.shape.go_type);
                let titles = headers.execute_value(&self.headers())?;
                let text = format!("{titles}\n{}", self.lines(template)?);
                Ok(align(&text, LISTING))
            }
        }
    }

    fn lines(&self, text: &str) -> Result<String, TemplateFailure> {
        let template = Template::parse(text)?.of_type(self.shape.go_type);
        let mut lines = String::new();
        for row in &self.rows {
            let map = Arc::new(self.fields_of(row));
            template.remember(&map, self.json_of(row));
            lines.push_str(&template.execute_value(&Value::Map(map))?);
            lines.push('\n');
        }
        Ok(lines)
    }

    fn fields_of(&self, row: &Row) -> BTreeMap<Arc<str>, Value> {
        let mut fields: BTreeMap<Arc<str>, Value> = self
            .shape
            .columns
            .iter()
            .zip(&row.values)
            .map(|((name, _), value)| {
                let value = value.as_deref().map_or(Value::Nil, Value::from);
                (Arc::from(*name), value)
            })
            .collect();
        let labels = row.labels.clone();
        fields.insert(
            "Label".into(),
            label_function(move |name| labels.get(name).cloned().unwrap_or_default()),
        );
        fields
    }

    fn headers(&self) -> Value {
        let mut fields: BTreeMap<Arc<str>, Value> = self
            .shape
            .columns
            .iter()
            .map(|(name, header)| (Arc::from(*name), Value::from(*header)))
            .collect();
        let header = |name: &str| {
            let last = name.rsplit('.').next().unwrap_or(name);
            last.replace(['-', '_'], " ")
        };
        fields.insert("Label".into(), label_function(header));
        Value::Map(Arc::new(fields))
    }

    /// Fields by name, with `<`, `>` and `&` escaped: what Go makes of a type's own encoding.
    fn json_of(&self, row: &Row) -> String {
        let fields: BTreeMap<&str, &Option<String>> = self
            .shape
            .columns
            .iter()
            .map(|(name, _)| *name)
            .zip(&row.values)
            .collect();
        serde_json::to_string(&fields)
            .expect("texts are valid JSON values")
            .replace('<', "\\u003c")
            .replace('>', "\\u003e")
            .replace('&', "\\u0026")
    }
}

fn label_function(lookup: impl Fn(&str) -> String + Send + Sync + 'static) -> Value {
    Value::Function(Arc::new(move |args: &[Value]| {
        let name = args.first().map(ToString::to_string).unwrap_or_default();
        Ok(Value::from(lookup(&name)))
    }))
}
