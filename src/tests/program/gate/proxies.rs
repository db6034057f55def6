//! The proxies of the system's packages, each with the configuration that the program prints.

use std::{
    fs,
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use crate::support::Place;

/// A proxy that the tests start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Nginx,
    Caddy,
    Haproxy,
    Apache,
}

impl Kind {
    pub const ALL: [Self; 4] = [Self::Nginx, Self::Caddy, Self::Haproxy, Self::Apache];

    /// The name that `gate snippet` knows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Caddy => "caddy",
            Self::Haproxy => "haproxy",
            Self::Apache => "apache",
        }
    }

    const fn program(self) -> &'static str {
        match self {
            Self::Apache => "apache2",
            other => other.name(),
        }
    }
}

/// A proxy that runs. It is killed when the test is done with it.
pub struct Proxy {
    child: Child,
    pub address: SocketAddr,
    folder: PathBuf,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // with its workers: it leads a group of its own
        let _ = Command::new("sh")
            .args([
                "-c",
                "kill -s KILL -- \"-$0\"",
                &self.child.id().to_string(),
            ])
            .stderr(Stdio::null())
            .status();
        let _ = self.child.wait();
    }
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

impl Proxy {
    /// Starts it with a configuration for `port`, and waits until it listens there.
    pub fn start(place: &Place, kind: Kind, configuration: &str, port: u16) -> Self {
        use std::os::unix::process::CommandExt as _;
        let folder = place.path(&format!("{}-{port}", kind.name()));
        fs::create_dir(&folder).unwrap();
        let snippet = folder.join("snippet");
        fs::write(&snippet, configuration).unwrap();
        let mut command = command(kind, &folder, &snippet);
        let mut child = command
            .process_group(0)
            .env("HOME", &folder)
            .current_dir(&folder)
            .stdin(Stdio::null())
            .stdout(fs::File::create(folder.join("out")).unwrap())
            .stderr(fs::File::create(folder.join("err")).unwrap())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{} is needed (run .ci/setup test): {error}", kind.program())
            });
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        while TcpStream::connect(address).is_err() {
            if let Some(status) = child.try_wait().unwrap() {
                let said = fs::read_to_string(folder.join("err")).unwrap();
                panic!("{kind:?} ended at once: {status}\n{said}");
            }
            std::thread::yield_now();
        }
        Self {
            child,
            address,
            folder,
        }
    }

    /// Everything that it wrote to files and streams.
    pub fn logs(&self) -> String {
        let mut all = String::new();
        for entry in fs::read_dir(&self.folder).unwrap().flatten() {
            let name = entry.file_name();
            if name != "snippet" && entry.path().is_file() {
                let bytes = fs::read(entry.path()).unwrap_or_default();
                all.push_str(&String::from_utf8_lossy(&bytes));
            }
        }
        all
    }
}

/// The program with a base configuration that includes what is printed.
fn command(kind: Kind, folder: &Path, snippet: &Path) -> Command {
    let program = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"]
        .map(|folder| Path::new(folder).join(kind.program()))
        .into_iter()
        .find(|path| path.exists())
        .unwrap_or_else(|| kind.program().into());
    let mut command = Command::new(program);
    let snippet = snippet.display();
    let here = folder.display();
    let base = folder.join("base");
    match kind {
        Kind::Nginx => {
            let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
                .map(|name| format!("{name}_temp_path {here}/{name};\n"))
                .concat();
            let text = format!(
                "daemon off;\nmaster_process off;\npid {here}/pid;\nerror_log stderr;\nevents {{}}\n\
                 http {{\naccess_log {here}/access.log;\n{temporary}include {snippet};\n}}\n"
            );
            fs::write(&base, text).unwrap();
            command.arg("-p").arg(folder).arg("-c").arg(&base);
        }
        Kind::Caddy => {
            let text = format!(
                "{{\n\tadmin off\n\tlog {{\n\t\toutput file {here}/access.log\n\t}}\n}}\n\
                 import {snippet}\n"
            );
            fs::write(&base, text).unwrap();
            command
                .args(["run", "--adapter", "caddyfile", "--config"])
                .arg(&base);
        }
        Kind::Haproxy => {
            fs::write(&base, "global\n    maxconn 200\n").unwrap();
            command
                .arg("-db")
                .arg("-f")
                .arg(&base)
                .arg("-f")
                .arg(folder.join("snippet"));
        }
        Kind::Apache => {
            let modules: String = [
                "mpm_event",
                "authz_core",
                "headers",
                "lua",
                "proxy",
                "proxy_http",
            ]
            .map(|name| {
                format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n")
            })
            .concat();
            let text = format!(
                "ServerRoot {here}\nServerName localhost\nPidFile {here}/pid\nDefaultRuntimeDir {here}\n\
                 ErrorLog {here}/error.log\n{modules}User www-data\nGroup www-data\n\
                 LogFormat \"%r %>s %{{Referer}}i\" short\nCustomLog {here}/access.log short\n\
                 Include {snippet}\n"
            );
            fs::write(&base, text).unwrap();
            command.arg("-DFOREGROUND").arg("-f").arg(&base);
        }
    }
    command
}
