//! The release program in a folder of its own.

use std::{
    env, fmt, fs,
    io::{self, BufRead, BufReader, Write},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};

use crate::{Outcomes, http::Browser, table::mib};

pub const USERNAME: &str = "anna";
/// The account that gets a second factor.
pub const ENROLLED: &str = "berta";
pub const PASSWORD: &str = "seven quiet otters juggle";
/// The bytes 0 to 31, as `keys generate` would print them.
pub const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A folder with a database and one account in it, removed in the end.
pub struct Installation {
    folder: PathBuf,
    database: Option<String>,
}

impl Drop for Installation {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Installation {
    pub fn new() -> Outcomes<Self> {
        Self::on(None)
    }

    /// On another database than a new file of its own.
    pub fn on(database: Option<String>) -> Outcomes<Self> {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder =
            env::temp_dir().join(format!("inmor-mfa-bench-{}-{number}", std::process::id()));
        fs::create_dir(&folder)?;
        let installation = Self { folder, database };
        for username in [USERNAME, ENROLLED] {
            installation.create(username)?;
        }
        Ok(installation)
    }

    /// An installation on a new database of PostgreSQL, where one is there for the taking.
    pub fn on_postgres() -> Outcomes<Option<Self>> {
        let Ok(server) = env::var("TEST_POSTGRES_URL") else {
            return Ok(None);
        };
        let name = format!("bench_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let mut connection = PgConnection::connect(&server).await?;
            let sql = AssertSqlSafe(format!("create database {name}"));
            sqlx::query(sql).execute(&mut connection).await?;
            connection.close().await
        })?;
        let (address, _) = server
            .rsplit_once('/')
            .ok_or("no name in TEST_POSTGRES_URL")?;
        Self::on(Some(format!("{address}/{name}"))).map(Some)
    }

    fn create(&self, username: &str) -> Outcomes<()> {
        let mut create = self
            .command(&["accounts", "create", username, "--password-stdin"])
            .env("LOG_FILTER", "warn")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        if let Some(mut stdin) = create.stdin.take() {
            writeln!(stdin, "{PASSWORD}")?;
        }
        if create.wait()?.success() {
            Ok(())
        } else {
            Err("the account could not be created".into())
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The file of the database.
    pub fn database(&self) -> PathBuf {
        self.folder.join("data/inmor-mfa.sqlite3")
    }

    /// Runs a statement on the file of the database, and answers its number, if it has one.
    pub fn sqlite(&self, sql: &str) -> Outcomes<i64> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let url = format!("sqlite://{}", self.database().display());
            let mut connection = SqliteConnection::connect(&url).await?;
            let query = sqlx::query_scalar(AssertSqlSafe(sql.to_owned()));
            let number = query.fetch_optional(&mut connection).await?;
            connection.close().await?;
            Ok(number.unwrap_or_default())
        })
    }

    /// The program in this folder, with a command.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let program =
            env::var_os("INMOR_MFA_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_inmor-mfa").into());
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(&self.folder)
            .env_clear()
            .env("LISTEN", "127.0.0.1:0")
            .env("LOG_FORMAT", "json")
            // so that each client can have an address of its own, for the limits of sign-ins
            .env("TRUSTED_PROXIES", "127.0.0.1")
            .env("MFA_ENCRYPTION_KEY", KEY)
            .envs(self.database.iter().map(|url| ("DATABASE_URL", url)));
        command
    }

    /// Starts the server and waits until it says that it listens.
    pub fn start(&self) -> Outcomes<Program> {
        let mut child = self
            .command(&["serve"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let log = child.stderr.take().ok_or("no standard error")?;
        let mut program = Program {
            child,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
        };
        let mut log = BufReader::new(log);
        let mut line = String::new();
        while !line.contains("\"listening\"") {
            line.clear();
            if log.read_line(&mut line)? == 0 {
                return Err("the program ended before it listened".into());
            }
        }
        let said: serde_json::Value = serde_json::from_str(&line)?;
        program.address = said
            .get("address")
            .and_then(|address| address.as_str())
            .ok_or("no address")?
            .parse()?;
        thread::spawn(move || io::copy(&mut log, &mut io::sink()));
        Ok(program)
    }
}

/// A server that runs; killed when it is not needed any more.
pub struct Program {
    child: Child,
    pub address: SocketAddr,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// KiB of memory.
pub struct Memory {
    pub resident: u64,
    pub peak: u64,
    /// With its part of what it shares with others; not every system tells.
    proportional: Option<u64>,
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&mib(self.resident))?;
        match self.proportional {
            Some(proportional) => write!(f, " (proportional {})", mib(proportional)),
            None => Ok(()),
        }
    }
}

impl Program {
    pub const fn browser(&self) -> Browser {
        Browser::new(self.address)
    }

    pub fn memory(&self) -> Outcomes<Memory> {
        let read = |file: &str| fs::read_to_string(format!("/proc/{}/{file}", self.child.id()));
        let status = read("status")?;
        Ok(Memory {
            resident: kib(&status, "VmRSS:").ok_or("no VmRSS")?,
            peak: kib(&status, "VmHWM:").ok_or("no VmHWM")?,
            proportional: read("smaps_rollup")
                .ok()
                .and_then(|text| kib(&text, "Pss:")),
        })
    }
}

impl Program {
    /// Files and connections that it has open.
    pub fn descriptors(&self) -> Outcomes<u64> {
        let open = fs::read_dir(format!("/proc/{}/fd", self.child.id()))?;
        Ok(u64::try_from(open.count())?)
    }
}

/// The most memory that a process had, in KiB.
pub fn peak(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    kib(&status, "VmHWM:")
}

fn kib(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
