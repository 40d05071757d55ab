//! Making an image of a single layer from a plain tar.

use palan_contracts::ByteReader;
use palan_model::platform::Platform;
use palan_model::{ImageId, Reference};
use serde_json::{Map, Value, json};

use super::Images;
use crate::{Error, Result};

/// What the new image is to be.
#[derive(Clone, Debug)]
pub struct ImportSpec {
    /// Its name, when it gets one.
    pub reference: Option<Reference>,
    /// Remark in its history; `Imported from -` when empty.
    pub message: String,
    /// Instructions that set its configuration: `CMD`, `ENTRYPOINT`, `ENV`, `EXPOSE`, `LABEL`,
    /// `USER`, `VOLUME`, `WORKDIR`, `STOPSIGNAL`.
    pub changes: Vec<String>,
    /// What it runs on.
    pub platform: Platform,
}

impl Images {
    /// Imports a tar as an image.
    ///
    /// # Errors
    /// Unknown instructions, malformed or hostile archives, or the store's.
    pub async fn import(&self, archive: ByteReader, spec: ImportSpec) -> Result<ImageId> {
        let config = apply_changes(&spec.changes)?;
        let _guard = self.bring_in().await;
        let layer = self.0.layers.import(archive).await?;
        let created = self.0.clock.now().to_string();
        let message = if spec.message.is_empty() {
            "Imported from -"
        } else {
            &spec.message
        };
        let document = json!({
            "architecture": spec.platform.architecture,
            "os": spec.platform.os,
            "created": created,
            "comment": message,
            "config": config,
            "rootfs": { "type": "layers", "diff_ids": [layer.diff_id] },
            "history": [{ "created": created, "comment": message }],
        });
        let bytes = serde_json::to_vec(&document).expect("a JSON value is written");
        let digest = self.0.content.put(&bytes).await?;
        let names = spec
            .reference
            .map(Reference::with_default_tag)
            .into_iter()
            .collect();
        let record = self.record(digest, None, vec![layer], names).await?;
        let id = record.id.to_string();
        let name = record.tags.first().map_or(id.clone(), Reference::familiar);
        self.event("import", &id, &name);
        Ok(record.id.clone())
    }
}

fn apply_changes(changes: &[String]) -> Result<Value> {
    let mut config = Map::new();
    for change in changes {
        let change = change.trim();
        let (word, rest) = change
            .split_once(char::is_whitespace)
            .unwrap_or((change, ""));
        apply(&mut config, &word.to_ascii_uppercase(), rest.trim()).ok_or_else(|| {
            Error::InvalidParameter(format!("{change} is not a valid change command"))
        })?;
    }
    Ok(Value::Object(config))
}

/// Applies one instruction; none when it is not one of those allowed here.
fn apply(config: &mut Map<String, Value>, word: &str, rest: &str) -> Option<()> {
    match word {
        "CMD" => set(config, "Cmd", command(rest)),
        "ENTRYPOINT" => set(config, "Entrypoint", command(rest)),
        "USER" => set(config, "User", json!(rest)),
        "WORKDIR" => set(config, "WorkingDir", json!(rest)),
        "STOPSIGNAL" => set(config, "StopSignal", json!(rest)),
        "ENV" => {
            let (key, value) = rest.split_once(['=', ' '])?;
            let entry = format!("{key}={}", unquoted(value.trim()));
            list(config, "Env").push(json!(entry));
        }
        "LABEL" => {
            let (key, value) = rest.split_once('=')?;
            object(config, "Labels").insert(unquoted(key).to_owned(), json!(unquoted(value)));
        }
        "EXPOSE" => {
            for port in rest.split_whitespace() {
                let port: palan_model::port::Port = port.parse().ok()?;
                object(config, "ExposedPorts").insert(port.to_string(), json!({}));
            }
        }
        "VOLUME" => {
            for path in command_or_words(rest) {
                object(config, "Volumes").insert(path, json!({}));
            }
        }
        _ => return None,
    }
    Some(())
}

fn set(config: &mut Map<String, Value>, key: &str, value: Value) {
    config.insert(key.to_owned(), value);
}

fn list<'a>(config: &'a mut Map<String, Value>, key: &str) -> &'a mut Vec<Value> {
    let entry = config.entry(key).or_insert_with(|| json!([]));
    entry
        .as_array_mut()
        .expect("this key only ever holds a list")
}

fn object<'a>(config: &'a mut Map<String, Value>, key: &str) -> &'a mut Map<String, Value> {
    let entry = config.entry(key).or_insert_with(|| json!({}));
    entry
        .as_object_mut()
        .expect("this key only ever holds an object")
}

/// The JSON form as it is, the shell form through `/bin/sh -c`.
fn command(text: &str) -> Value {
    match serde_json::from_str::<Vec<String>>(text) {
        Ok(words) => json!(words),
        Err(_) => json!(["/bin/sh", "-c", text]),
    }
}

fn command_or_words(text: &str) -> Vec<String> {
    serde_json::from_str(text)
        .unwrap_or_else(|_| text.split_whitespace().map(str::to_owned).collect())
}

fn unquoted(text: &str) -> &str {
    let inner = |quote: char| text.strip_prefix(quote).and_then(|t| t.strip_suffix(quote));
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}
