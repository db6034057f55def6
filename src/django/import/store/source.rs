//! The other side: a SQLite file or a PostgreSQL server.

use std::{
    collections::BTreeMap,
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    time::SystemTime,
};

use sqlx::{
    Connection as _, PgConnection, SqliteConnection, postgres::PgConnectOptions,
    sqlite::SqliteConnectOptions,
};

use crate::{
    django::import::domain::{Address, Authenticator, Record},
    store::StoreError,
};

/// The tables, in the order in which they are asked for.
const TABLES: [&str; 3] = ["auth_user", "account_emailaddress", "mfa_authenticator"];

/// Why nothing can be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// There is no such file.
    #[error("there is no file {0}: correct the path")]
    NoFile(PathBuf),
    /// The file is something else.
    #[error("{0} is not an SQLite database")]
    NotADatabase(PathBuf),
    /// It does not open.
    #[error("the Django database cannot be opened: {0}")]
    Connect(#[source] sqlx::Error),
    /// It is no database of Django with django-allauth.
    #[error("this is no database of Django with django-allauth: the table {0} is missing")]
    NoTable(&'static str),
    /// Somebody writes to a file that nobody seemed to have open.
    #[error("the site is in use and writes to its database: stop it, or import a copy")]
    InUse,
    /// It does not answer as it should.
    #[error("the Django database: {0}")]
    Read(#[from] StoreError),
}

/// A Django database in one transaction that only reads: however long it takes, all of it is of one moment.
pub struct Source {
    connection: Connection,
    /// A file that is read without looking whether it changes.
    idle: Option<Idle>,
}

/// What a file looked like, of which SQLite was told that nobody writes to it.
struct Idle {
    path: PathBuf,
    /// Where SQLite writes first in WAL mode.
    wal: PathBuf,
    looks: Option<(u64, SystemTime)>,
}

impl Idle {
    fn of(path: &Path, wal: &Path) -> Self {
        Self {
            path: path.to_owned(),
            wal: wal.to_owned(),
            looks: looks(path),
        }
    }

    /// Whether nobody has written to it. Who only reads makes an empty WAL.
    fn is_still(&self) -> bool {
        let written = fs::metadata(&self.wal).is_ok_and(|wal| wal.len() > 0);
        !written && looks(&self.path) == self.looks
    }
}

/// Size of a file, and when it was written to.
fn looks(path: &Path) -> Option<(u64, SystemTime)> {
    let file = fs::metadata(path).ok()?;
    Some((file.len(), file.modified().ok()?))
}

enum Connection {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// Runs a query: `ask!(source, connection => query.fetch_all(connection))`.
macro_rules! ask {
    ($source:expr, $connection:ident => $run:expr) => {
        match &mut $source.connection {
            Connection::Sqlite($connection) => $run.await,
            Connection::Postgres($connection) => $run.await,
        }
        .map_err(StoreError::from)
    };
}

impl Source {
    /// Opens the database of a `postgres://` URL, a `sqlite://` URL or a path.
    ///
    /// # Errors
    /// [`SourceError`]; nothing is created.
    pub async fn open(place: &str) -> Result<Self, SourceError> {
        let (connection, idle) =
            if place.starts_with("postgres://") || place.starts_with("postgresql://") {
                (postgres(place).await?, None)
            } else {
                let path = place
                    .strip_prefix("sqlite://")
                    .or_else(|| place.strip_prefix("sqlite:"))
                    .unwrap_or(place);
                sqlite(Path::new(path)).await?
            };
        let mut source = Self { connection, idle };
        for table in TABLES {
            if !source.has(table).await? {
                return Err(SourceError::NoTable(table));
            }
        }
        Ok(source)
    }

    /// Whether what was read so far is of one moment, as everything is that a transaction reads; only a
    /// file that seemed idle has none.
    ///
    /// # Errors
    /// [`SourceError::InUse`].
    pub fn still(&self) -> Result<(), SourceError> {
        if self.idle.as_ref().is_none_or(Idle::is_still) {
            return Ok(());
        }
        Err(SourceError::InUse)
    }

    async fn has(&mut self, table: &str) -> Result<bool, StoreError> {
        let sql = match &self.connection {
            Connection::Sqlite(_) => {
                "select count(*) from sqlite_master where type in ('table', 'view') and name = $1"
            }
            Connection::Postgres(_) => "select count(*) from pg_class where oid = to_regclass($1)",
        };
        let found = ask!(self, connection => sqlx::query_scalar::<_, i64>(sql).bind(table).fetch_one(connection))?;
        Ok(found > 0)
    }

    /// How many accounts there are, or how many that may use Django's admin.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count(&mut self, staff_only: bool) -> Result<i64, StoreError> {
        const SQL: &str = "select count(*) from auth_user where $1 = 0 or is_staff or is_superuser";
        ask!(self, connection => sqlx::query_scalar(SQL).bind(i32::from(staff_only)).fetch_one(connection))
    }

    /// The ids of the next accounts after one, in their order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn ids(
        &mut self,
        after: i64,
        most: i64,
        staff_only: bool,
    ) -> Result<Vec<i64>, StoreError> {
        const SQL: &str = "select cast(id as bigint) from auth_user \
             where id > $1 and ($2 = 0 or is_staff or is_superuser) order by id limit $3";
        ask!(self, connection => sqlx::query_scalar(SQL).bind(after).bind(i32::from(staff_only)).bind(most).fetch_all(connection))
    }

    /// The accounts from one id to another, with all that belongs to them.
    ///
    /// # Errors
    /// [`StoreError`]; also when a row cannot be read. Others still can.
    pub async fn read(
        &mut self,
        first: i64,
        last: i64,
        staff_only: bool,
    ) -> Result<Vec<Record>, StoreError> {
        self.order("savepoint before").await?;
        let records = self.records(first, last, staff_only).await;
        match &records {
            Ok(_) => self.order("release savepoint before").await?,
            // of a transaction in which a statement has failed, PostgreSQL reads nothing more
            Err(StoreError::Driver(_)) => self.order("rollback to savepoint before").await?,
            Err(_) => {}
        }
        records
    }

    /// Tells PostgreSQL what SQLite need not be told.
    async fn order(&mut self, sql: &'static str) -> Result<(), StoreError> {
        if let Connection::Postgres(connection) = &mut self.connection {
            sqlx::raw_sql(sql).execute(connection).await?;
        }
        Ok(())
    }

    async fn records(
        &mut self,
        first: i64,
        last: i64,
        staff_only: bool,
    ) -> Result<Vec<Record>, StoreError> {
        const USERS: &str = "select cast(id as bigint) as id, cast(username as text) as username, \
             cast(password as text) as password, cast(email as text) as email, \
             cast(first_name as text) as first_name, cast(last_name as text) as last_name, \
             case when is_active then 1 else 0 end as active, case when is_staff then 1 else 0 end as staff, \
             case when is_superuser then 1 else 0 end as superuser, cast(date_joined as text) as date_joined \
             from auth_user where id between $1 and $2 and ($3 = 0 or is_staff or is_superuser) order by id";
        const ADDRESSES: &str = "select cast(user_id as bigint) as user_id, cast(email as text) as email, \
             case when verified then 1 else 0 end as verified, case when \"primary\" then 1 else 0 end as is_primary \
             from account_emailaddress where user_id between $1 and $2 and ($3 = 0 or user_id in \
             (select id from auth_user where id between $1 and $2 and (is_staff or is_superuser))) order by id";
        const AUTHENTICATORS: &str = "select cast(user_id as bigint) as user_id, cast(type as text) as kind, \
             cast(data as text) as data, cast(created_at as text) as created_at, \
             cast(last_used_at as text) as last_used_at \
             from mfa_authenticator where user_id between $1 and $2 and ($3 = 0 or user_id in \
             (select id from auth_user where id between $1 and $2 and (is_staff or is_superuser))) order by id";
        let staff = i32::from(staff_only);
        let users = ask!(self, connection => sqlx::query_as::<_, UserRow>(USERS).bind(first).bind(last).bind(staff).fetch_all(connection))?;
        let addresses = ask!(self, connection => sqlx::query_as::<_, AddressRow>(ADDRESSES).bind(first).bind(last).bind(staff).fetch_all(connection))?;
        let authenticators = ask!(self, connection => sqlx::query_as::<_, AuthenticatorRow>(AUTHENTICATORS).bind(first).bind(last).bind(staff).fetch_all(connection))?;
        let mut records: BTreeMap<i64, Record> = users
            .into_iter()
            .map(|row| (row.id, Record::from(row)))
            .collect();
        for row in addresses {
            if let Some(record) = records.get_mut(&row.user_id) {
                record.addresses.push(Address {
                    email: row.email.unwrap_or_default(),
                    verified: row.verified == 1,
                    primary: row.is_primary == 1,
                });
            }
        }
        for row in authenticators {
            if let Some(record) = records.get_mut(&row.user_id) {
                record.authenticators.push(Authenticator {
                    kind: row.kind.unwrap_or_default(),
                    data: row.data.unwrap_or_default(),
                    created_at: row.created_at.unwrap_or_default(),
                    last_used_at: row.last_used_at,
                });
            }
        }
        Ok(records.into_values().collect())
    }
}

#[derive(sqlx::FromRow)]
struct UserRow {
    id: i64,
    username: Option<String>,
    password: Option<String>,
    email: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    active: i32,
    staff: i32,
    superuser: i32,
    date_joined: Option<String>,
}

impl From<UserRow> for Record {
    fn from(row: UserRow) -> Self {
        Self {
            id: row.id,
            username: row.username.unwrap_or_default(),
            password: row.password.unwrap_or_default(),
            email: row.email.unwrap_or_default(),
            first_name: row.first_name.unwrap_or_default(),
            last_name: row.last_name.unwrap_or_default(),
            active: row.active == 1,
            staff: row.staff == 1,
            superuser: row.superuser == 1,
            date_joined: row.date_joined.unwrap_or_default(),
            addresses: Vec::new(),
            authenticators: Vec::new(),
        }
    }
}

#[derive(sqlx::FromRow)]
struct AddressRow {
    user_id: i64,
    email: Option<String>,
    verified: i32,
    is_primary: i32,
}

#[derive(sqlx::FromRow)]
struct AuthenticatorRow {
    user_id: i64,
    kind: Option<String>,
    data: Option<String>,
    created_at: Option<String>,
    last_used_at: Option<String>,
}

/// Opens a file for reading. A database in WAL mode that nobody has open is read as one that does not
/// change: SQLite would put files beside it otherwise. Whether it does is for [`Source::still`].
async fn sqlite(path: &Path) -> Result<(Connection, Option<Idle>), SourceError> {
    let mut header = Vec::new();
    let file = fs::File::open(path).map_err(|_| SourceError::NoFile(path.to_owned()))?;
    let read = file.take(100).read_to_end(&mut header);
    if read.is_err() || !header.starts_with(b"SQLite format 3\0") {
        return Err(SourceError::NotADatabase(path.to_owned()));
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push("-wal");
    // bytes 18 and 19 are 2 (https://www.sqlite.org/fileformat.html#file_format_version_numbers)
    let idle = header.get(18..20) == Some(&[2, 2]) && !Path::new(&beside).exists();
    let idle = idle.then(|| Idle::of(path, Path::new(&beside)));
    let options = SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .immutable(idle.is_some())
        // rows that may wait for their reader, so that neither wakes the other for each
        .row_buffer_size(500)
        .create_if_missing(false);
    let mut connection = SqliteConnection::connect_with(&options)
        .await
        .map_err(SourceError::Connect)?;
    sqlx::raw_sql("begin")
        .execute(&mut connection)
        .await
        .map_err(SourceError::Connect)?;
    Ok((Connection::Sqlite(connection), idle))
}

async fn postgres(url: &str) -> Result<Connection, SourceError> {
    let options = url
        .parse::<PgConnectOptions>()
        .map_err(SourceError::Connect)?
        .application_name("inmor-mfa import");
    let mut connection = PgConnection::connect_with(&options)
        .await
        .map_err(SourceError::Connect)?;
    sqlx::raw_sql(
        "begin isolation level repeatable read read only; set local time zone 'UTC'; set local datestyle = 'ISO'",
    )
    .execute(&mut connection)
    .await
    .map_err(SourceError::Connect)?;
    Ok(Connection::Postgres(connection))
}
