//! `inmor-mfa move-database`.

use clap::Args;

use super::{open, progress, run::Failure, say::say};
use crate::{
    server::settings::{Backend, DatabaseUrl},
    store::{
        backup,
        transfer::{self, End, TransferError},
    },
};

/// Stop every server on it first: what is written meanwhile is not copied.
#[derive(Args)]
pub(super) struct Move {
    /// Where everything is: `sqlite://…` or `postgres://…`; a password may be in PGPASSWORD or PGPASSFILE
    from: String,
    /// An empty database of the other kind; an SQLite file is created
    to: String,
}

/// Copies all rows to a database of the other kind.
pub(super) async fn run(command: &Move) -> Result<(), Failure> {
    let parse = |text: &str, place: &str| {
        DatabaseUrl::from_argument(text).ok_or_else(|| {
            format!("{place} is no database: use sqlite://PATH or postgres://USER@HOST/DATABASE")
        })
    };
    let (from, to) = (parse(&command.from, "FROM")?, parse(&command.to, "TO")?);
    if from.backend() == to.backend() {
        return Err(TransferError::OneKind.into());
    }
    // what is written meanwhile would not be copied: a code that is spent there would be good here
    let _held = match from.sqlite_path() {
        Some(path) => Some(backup::hold_unused(path).await?),
        None => None,
    };
    let mut source = end(&from).await?;
    source.ensure_unused().await?;
    // makes its tables
    open::database(&to, 1).await?.close().await;
    let bar = progress::bar(None, "{spinner} {human_pos} rows, {msg}")?;
    let counts = transfer::copy(source, end(&to).await?, |table, rows| {
        bar.set_message(table.to_owned());
        bar.set_position(rows);
    })
    .await?;
    bar.finish_and_clear();
    for (table, rows) in &counts {
        say(format_args!("{rows:>9}  {table}"))?;
    }
    say(
        "Every row is there. Set DATABASE_URL to the new database and start the server; never start one on the old database again.",
    )
}

async fn end(url: &DatabaseUrl) -> Result<End, Failure> {
    match (url.backend(), url.sqlite_path()) {
        (Backend::Sqlite, Some(path)) if path.is_file() => Ok(End::sqlite(path).await?),
        (Backend::Sqlite, Some(path)) => {
            Err(format!("there is no database {}", path.display()).into())
        }
        (Backend::Sqlite, None) => Err("a database in memory cannot be copied".into()),
        (Backend::Postgres, _) => Ok(End::postgres(url.expose()).await?),
    }
}
