//! Which tables there are, in an order in which each comes after those it refers to.

use sqlx::SqliteConnection;

use crate::store::StoreError;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Integer,
    Bytes,
    Truth,
}

/// A table and its columns.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) columns: Vec<(String, Kind)>,
}

/// All tables but the migrator's own.
pub(super) async fn tables(connection: &mut SqliteConnection) -> Result<Vec<Table>, StoreError> {
    let mut names: Vec<String> = sqlx::query_scalar(
        "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' \
         and name <> '_sqlx_migrations' order by name",
    )
    .fetch_all(&mut *connection)
    .await?;
    let references: Vec<(String, String)> = sqlx::query_as(
        "select one.name, other.\"table\" from sqlite_schema as one \
         join pragma_foreign_key_list(one.name) as other where one.type = 'table'",
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut tables: Vec<Table> = Vec::new();
    while !names.is_empty() {
        let waits = |name: &String| {
            references
                .iter()
                .any(|(from, to)| from == name && to != name && names.contains(to))
        };
        let Some(at) = names.iter().position(|name| !waits(name)) else {
            return Err(unknown("sqlite_schema", "sql"));
        };
        let name = names.remove(at);
        let columns = columns(connection, &name).await?;
        tables.push(Table { name, columns });
    }
    Ok(tables)
}

async fn columns(
    connection: &mut SqliteConnection,
    table: &str,
) -> Result<Vec<(String, Kind)>, StoreError> {
    let columns: Vec<(String, String)> =
        sqlx::query_as("select name, type from pragma_table_info($1) order by cid")
            .bind(table)
            .fetch_all(connection)
            .await?;
    columns
        .into_iter()
        .map(|(name, kind)| {
            let kind = match kind.to_ascii_lowercase().as_str() {
                "text" => Kind::Text,
                "bigint" => Kind::Integer,
                "blob" => Kind::Bytes,
                "boolean" => Kind::Truth,
                _ => return Err(unknown("sqlite_schema", "type")),
            };
            Ok((name, kind))
        })
        .collect()
}

const fn unknown(table: &'static str, column: &'static str) -> StoreError {
    StoreError::Inconsistent { table, column }
}
