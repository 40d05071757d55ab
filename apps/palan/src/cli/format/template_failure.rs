//! Errors of templates in the words of Go's `text/template`, as far as the engine's errors tell.

use gotmpl::TemplateError;

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
    pub(super) fn new(error: TemplateError, template: &str, go_type: Option<&str>) -> Self {
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
            TemplateError::Exec(why) => match why.strip_prefix("can't evaluate field ") {
                Some(rest) => {
                    let key = rest.split(' ').next().unwrap_or_default();
                    let (column, path) = locate(template, key);
                    format!("template: :1:{column}: executing \"\" at <{path}>: {why}")
                }
                None => format!("template: {why}"),
            },
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
