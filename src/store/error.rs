//! What can go wrong in the database, as the three outcomes a flow must tell apart.

/// A database failure. The absence of a row is not one: it is `None`.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No answer: no connection, a time-out, a full disk. Trying again later may help.
    #[error("the database does not answer: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// The database refused the statement: a defect of this program or of the schema.
    #[error("the database refused a statement: {0}")]
    Driver(#[source] sqlx::Error),
    /// A row holds something this program never writes.
    #[error("{table}.{column} holds something unreadable")]
    Inconsistent {
        /// Table name.
        table: &'static str,
        /// Column name.
        column: &'static str,
    },
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match &error {
            E::Io(_)
            | E::Tls(_)
            | E::PoolTimedOut
            | E::PoolClosed
            | E::WorkerCrashed
            | E::Protocol(_) => Self::Unavailable(error),
            E::Database(cause) if passes_by(cause.code().as_deref().unwrap_or_default()) => {
                Self::Unavailable(error)
            }
            _ => Self::Driver(error),
        }
    }
}

/// Whether the database's own code names a state that passes by itself or by an operator's hand.
///
/// SQLite: [result codes](https://www.sqlite.org/rescode.html), the primary one in the low byte.
/// PostgreSQL: [SQLSTATE classes](https://www.postgresql.org/docs/15/errcodes-appendix.html).
fn passes_by(code: &str) -> bool {
    const BUSY: i32 = 5;
    const LOCKED: i32 = 6;
    const READONLY: i32 = 8;
    const IOERR: i32 = 10;
    const FULL: i32 = 13;
    const CANTOPEN: i32 = 14;
    match code.parse::<i32>() {
        Ok(number) if code.len() < 5 => matches!(
            number & 0xff,
            BUSY | LOCKED | READONLY | IOERR | FULL | CANTOPEN
        ),
        // idle in a transaction for too long: it was this program that stood still, or the network
        _ => ["08", "25P03", "40", "53", "55", "57", "58"]
            .iter()
            .any(|class| code.starts_with(class)),
    }
}

#[cfg(test)]
mod tests {
    use super::passes_by;

    #[test]
    fn a_full_disk_a_lock_and_a_stopped_server_pass_by_and_a_broken_statement_does_not() {
        for code in [
            "13", "5", "517", "778", "57P01", "53300", "40001", "08006", "25P03",
        ] {
            assert!(passes_by(code), "{code}");
        }
        for code in ["1", "19", "2067", "42703", "23505", "25P02", ""] {
            assert!(!passes_by(code), "{code}");
        }
    }
}
