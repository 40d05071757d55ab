//! Records in the state store: typed reading and writing over the untyped contract.

use std::sync::Arc;

use palan_contracts::{Change, StateStore, Table};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Error, Result};

/// Typed access to the state store.
#[derive(Clone)]
pub(crate) struct Records(Arc<dyn StateStore>);

impl Records {
    pub(crate) fn new(store: Arc<dyn StateStore>) -> Self {
        Self(store)
    }

    /// All records of a table, in the order of their keys.
    pub(crate) async fn load<T: DeserializeOwned>(&self, table: Table) -> Result<Vec<T>> {
        let rows = self.0.load(table).await?;
        rows.into_iter()
            .map(|(key, value)| {
                serde_json::from_slice(&value).map_err(|source| Error::DamagedRecord {
                    table: name(table),
                    key,
                    source,
                })
            })
            .collect()
    }

    pub(crate) async fn put<T: Serialize>(
        &self,
        table: Table,
        key: &str,
        record: &T,
    ) -> Result<()> {
        Ok(self.0.apply(vec![put(table, key, record)]).await?)
    }

    /// Puts and deletes records of one table, all or none.
    pub(crate) async fn replace<'a, T: Serialize + 'a>(
        &self,
        table: Table,
        puts: impl IntoIterator<Item = (&'a str, &'a T)>,
        deletes: impl IntoIterator<Item = &'a str>,
    ) -> Result<()> {
        let puts = puts
            .into_iter()
            .map(|(key, record)| put(table, key, record));
        let deletes = deletes.into_iter().map(|key| Change::Delete {
            table,
            key: key.to_owned(),
        });
        Ok(self.0.apply(puts.chain(deletes).collect()).await?)
    }

    pub(crate) async fn delete(&self, table: Table, key: &str) -> Result<()> {
        Ok(self
            .0
            .apply(vec![Change::Delete {
                table,
                key: key.to_owned(),
            }])
            .await?)
    }
}

fn put<T: Serialize>(table: Table, key: &str, record: &T) -> Change {
    let value = serde_json::to_vec(record).expect("records have string keys only");
    Change::Put {
        table,
        key: key.to_owned(),
        value,
    }
}

fn name(table: Table) -> &'static str {
    match table {
        Table::Containers => "container",
        Table::Images => "image",
        Table::Networks => "network",
        Table::Volumes => "volume",
        Table::Engine => "engine",
    }
}
