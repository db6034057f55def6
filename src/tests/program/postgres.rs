//! A PostgreSQL database for one test, and a wire to it that can be cut.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::support::unique;

/// An empty database, dropped with its last test.
pub struct Database {
    server: url::Url,
    name: String,
}

impl Database {
    pub fn create() -> Self {
        let server = std::env::var("TEST_POSTGRES_URL")
            .expect("TEST_POSTGRES_URL names a PostgreSQL server for the tests: run them under .ci/postgres");
        let database = Self {
            server: server.parse().unwrap(),
            name: unique("program"),
        };
        database
            .run(&format!("create database {}", database.name))
            .unwrap();
        database
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn url(&self) -> String {
        let mut url = self.server.clone();
        url.set_path(&self.name);
        url.into()
    }

    /// The same database at another address of this machine.
    pub fn url_at(&self, address: SocketAddr) -> String {
        let mut url: url::Url = self.url().parse().unwrap();
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(address.port())).unwrap();
        url.into()
    }

    fn address(&self) -> (String, u16) {
        (
            self.server.host_str().unwrap().to_owned(),
            self.server.port().unwrap_or(5432),
        )
    }

    /// The one number that a query of this database answers.
    pub fn number(&self, sql: &'static str) -> i64 {
        let number = block_on(async {
            let mut connection = PgConnection::connect(&self.url()).await?;
            sqlx::query_scalar(sql).fetch_one(&mut connection).await
        });
        number.unwrap()
    }

    fn run(&self, sql: &str) -> sqlx::Result<()> {
        block_on(async {
            let mut connection = PgConnection::connect(self.server.as_str()).await?;
            sqlx::raw_sql(AssertSqlSafe(sql))
                .execute(&mut connection)
                .await?;
            connection.close().await
        })
    }
}

fn block_on<T>(work: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(work)
}

impl Drop for Database {
    fn drop(&mut self) {
        let _ = self.run(&format!(
            "drop database if exists {} with (force)",
            self.name
        ));
    }
}

/// Passes connections on to the database while it is switched on; switched off, nobody answers.
pub struct Wire {
    to: (String, u16),
    address: SocketAddr,
    on: Option<On>,
}

struct On {
    stopped: Arc<AtomicBool>,
    open: Arc<Mutex<Vec<TcpStream>>>,
    accepting: JoinHandle<()>,
}

impl Wire {
    pub fn to(database: &Database) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mut wire = Self {
            to: database.address(),
            address,
            on: None,
        };
        wire.accept(listener);
        wire
    }

    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn switch_on(&mut self) {
        self.accept(TcpListener::bind(self.address).unwrap());
    }

    pub fn switch_off(&mut self) {
        let Some(on) = self.on.take() else { return };
        on.stopped.store(true, Ordering::SeqCst);
        // wakes the one that accepts
        drop(TcpStream::connect(self.address));
        on.accepting.join().unwrap();
        for stream in on.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn accept(&mut self, listener: TcpListener) {
        let (stopped, open) = (Arc::new(AtomicBool::new(false)), Arc::default());
        let (to, was_stopped, streams) = (self.to.clone(), Arc::clone(&stopped), Arc::clone(&open));
        let accepting = thread::spawn(move || {
            for near in listener.incoming() {
                if was_stopped.load(Ordering::SeqCst) {
                    return;
                }
                let _ = near.and_then(|near| pass_on(near, &to, &streams));
            }
        });
        self.on = Some(On {
            stopped,
            open,
            accepting,
        });
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.switch_off();
    }
}

fn pass_on(near: TcpStream, to: &(String, u16), open: &Mutex<Vec<TcpStream>>) -> io::Result<()> {
    let far = TcpStream::connect((to.0.as_str(), to.1))?;
    far.set_nodelay(true)?;
    near.set_nodelay(true)?;
    open.lock()
        .unwrap()
        .extend([near.try_clone()?, far.try_clone()?]);
    for (mut from, mut into) in [(near.try_clone()?, far.try_clone()?), (far, near)] {
        thread::spawn(move || {
            let mut buffer = [0; 16_384];
            while let Ok(length @ 1..) = from.read(&mut buffer) {
                if into.write_all(&buffer[..length]).is_err() {
                    break;
                }
            }
            let _ = into.shutdown(Shutdown::Both);
        });
    }
    Ok(())
}
