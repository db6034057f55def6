//! Starts the program as an operator does, and watches what it says.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use crate::http::{Answer, Browser};

/// A key as Python's `Fernet.generate_key()` makes them.
pub const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
/// A password that the rules like.
pub const PASSWORD: &str = "seven quiet otters juggle";
/// Longer than anything here takes, on a busy machine too.
const DEADLINE: Duration = Duration::from_mins(1);

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A name that no other test uses, in this process or another.
pub fn unique(prefix: &str) -> String {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("{prefix}_{}_{number}", std::process::id())
}

/// A working folder of its own with settings that all programs started there share.
pub struct Place {
    folder: Arc<Folder>,
    environment: Vec<(String, String)>,
    limits: Option<String>,
}

/// Removed once nobody works there any more.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Place {
    pub fn new() -> Self {
        let folder = std::env::temp_dir().join(unique("inmor_mfa_program"));
        fs::create_dir(&folder).unwrap();
        let place = Self {
            folder: Arc::new(Folder(folder)),
            environment: Vec::new(),
            limits: None,
        };
        place
            .set("MFA_ENCRYPTION_KEY", KEY)
            .set("LISTEN", "127.0.0.1:0")
            .set("LOG_FORMAT", "json")
    }

    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.environment.retain(|(set, _)| set != name);
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same folder with another setting.
    pub fn also(&self, name: &str, value: &str) -> Self {
        let same = Self {
            folder: Arc::clone(&self.folder),
            environment: self.environment.clone(),
            limits: self.limits.clone(),
        };
        same.set(name, value)
    }

    pub fn unset(mut self, name: &str) -> Self {
        self.environment.retain(|(set, _)| set != name);
        self
    }

    /// What a shell is told before it becomes the program, such as `ulimit -n 64`.
    pub fn under(mut self, limits: &str) -> Self {
        self.limits = Some(limits.to_owned());
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.0.join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let program = std::env::var_os("INMOR_MFA_BIN")
            .unwrap_or_else(|| env!("CARGO_BIN_EXE_inmor-mfa").into());
        let mut command = match &self.limits {
            None => Command::new(program),
            Some(limits) => {
                let mut shell = Command::new("sh");
                let line = format!("{limits} && exec \"$0\" \"$@\"");
                shell.args(["-c", &line]).arg(program);
                shell
            }
        };
        command
            .args(arguments)
            .current_dir(&self.folder.0)
            .env_clear()
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        self.run_with(arguments, "")
    }

    /// Runs a command to its end with something on standard input.
    pub fn run_with(&self, arguments: &[&str], input: &str) -> Ended {
        self.run_with_bytes(arguments, input.as_bytes())
    }

    pub fn run_with_bytes(&self, arguments: &[&str], input: &[u8]) -> Ended {
        self.start_with_bytes(arguments, input).ended()
    }

    /// Starts a command with something on standard input.
    pub fn start_with_bytes(&self, arguments: &[&str], input: &[u8]) -> Running {
        Running::start(self, self.command(arguments), input)
    }

    /// Starts a command whose standard output nobody reads.
    pub fn run_unread(&self, arguments: &[&str]) -> Ended {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = self.command(arguments);
        command.stdout(writer);
        Running::start(self, command, b"").ended()
    }

    /// Starts `serve` without waiting for it.
    pub fn start(&self) -> Running {
        self.start_with(&["serve"])
    }

    /// Starts a command without waiting for it.
    pub fn start_with(&self, arguments: &[&str]) -> Running {
        Running::start(self, self.command(arguments), b"")
    }

    /// Starts `serve` and waits until it listens.
    pub fn serve(&self) -> Server {
        self.start().listening()
    }

    /// Creates an account with the usual password.
    pub fn create(&self, username: &str) {
        let ended = self.run_with(
            &["accounts", "create", username, "--password-stdin"],
            &format!("{PASSWORD}\n"),
        );
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stream {
    Out,
    Err,
}

/// A program that runs. It is killed when the test is done with it.
pub struct Running {
    child: Child,
    lines: Receiver<(Stream, String)>,
    said: Vec<(Stream, String)>,
    _folder: Arc<Folder>,
}

/// What a program has said and how it ended; no code when a signal ended it.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    /// The one line that a failure has to say; everything else about it must be as promised.
    #[track_caller]
    pub fn failure(&self) -> &str {
        assert_eq!(self.code, Some(1), "{self:?}");
        assert_eq!(self.stderr.lines().count(), 1, "{self:?}");
        assert!(self.stderr.ends_with('\n'), "{self:?}");
        self.stderr
            .trim_end()
            .strip_prefix("inmor-mfa: ")
            .unwrap_or_else(|| panic!("{self:?}"))
    }

    #[track_caller]
    pub fn success(&self) -> &str {
        assert_eq!(self.code, Some(0), "{self:?}");
        &self.stdout
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    fn start(place: &Place, mut command: Command, input: &[u8]) -> Self {
        if !input.is_empty() {
            command.stdin(Stdio::piped());
        }
        let mut child = command.spawn().unwrap();
        if let Some(mut stdin) = child.stdin.take() {
            // a program that fails before it reads closes the pipe
            let _ = stdin.write_all(input);
        }
        let (sender, lines) = mpsc::channel();
        let out = child
            .stdout
            .take()
            .map(|out| (Stream::Out, Box::new(out) as Box<dyn Read + Send>));
        let err = child
            .stderr
            .take()
            .map(|err| (Stream::Err, Box::new(err) as Box<dyn Read + Send>));
        for (stream, pipe) in [out, err].into_iter().flatten() {
            let sender = sender.clone();
            thread::spawn(move || {
                let mut pipe = BufReader::new(pipe);
                let mut line = Vec::new();
                while pipe
                    .read_until(b'\n', &mut line)
                    .is_ok_and(|length| length > 0)
                {
                    let text = String::from_utf8_lossy(&line).into_owned();
                    line.clear();
                    if sender.send((stream, text)).is_err() {
                        return;
                    }
                }
            });
        }
        Self {
            child,
            lines,
            said: Vec::new(),
            _folder: Arc::clone(&place.folder),
        }
    }

    /// Waits for a line of the log or of standard output that contains `text`.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str) -> String {
        loop {
            match self.lines.recv_timeout(DEADLINE) {
                Ok((stream, line)) => {
                    self.said.push((stream, line.clone()));
                    if line.contains(text) {
                        return line;
                    }
                }
                Err(error) => panic!("no {text:?}: {error}: {:?}", self.said),
            }
        }
    }

    /// Waits until it listens.
    #[track_caller]
    pub fn listening(mut self) -> Server {
        let line = self.wait_for("\"listening\"");
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        let address = line["address"].as_str().unwrap().parse().unwrap();
        Server {
            running: self,
            address,
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, name: &str) {
        let done = Command::new("sh")
            .args([
                "-c",
                "kill -s \"$0\" \"$1\"",
                name,
                &self.child.id().to_string(),
            ])
            .status()
            .unwrap();
        assert!(done.success());
    }

    /// Ends it by SIGKILL, as a power cut would.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
    }

    /// Waits for its end. Both pipes close when it ends, for it has no children.
    #[track_caller]
    pub fn ended(mut self) -> Ended {
        loop {
            match self.lines.recv_timeout(DEADLINE) {
                Ok(line) => self.said.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end: {:?}", self.said),
            }
        }
        let code = self.child.wait().unwrap().code();
        Ended {
            code,
            stdout: self.said(Stream::Out),
            stderr: self.said(Stream::Err),
        }
    }

    fn said(&self, stream: Stream) -> String {
        let of_stream = self.said.iter().filter(|(from, _)| *from == stream);
        of_stream.map(|(_, line)| line.as_str()).collect()
    }
}

/// A server that listens.
pub struct Server {
    pub running: Running,
    pub address: SocketAddr,
}

impl Server {
    pub fn browser(&self) -> Browser {
        Browser::new(self.address)
    }

    /// A browser that has signed in with the usual password.
    #[track_caller]
    pub fn signed_in(&self, login: &str) -> Browser {
        let mut browser = self.browser();
        assert_signed_in(&sign_in(&mut browser, login, PASSWORD));
        browser
    }

    /// The first-run link it prints, as a path.
    #[track_caller]
    pub fn setup_path(&mut self) -> String {
        setup_path(&self.running.said(Stream::Out))
            .or_else(|| setup_path(&self.running.wait_for("/accounts/setup/")))
            .expect("a link")
    }

    /// Ends it by SIGTERM.
    #[track_caller]
    pub fn stop(self) -> Ended {
        self.running.signal("TERM");
        self.running.ended()
    }
}

pub fn sign_in(browser: &mut Browser, login: &str, password: &str) -> Answer {
    let fields = [("login", login), ("password", password)];
    browser.post("/accounts/login/", &fields).unwrap()
}

#[track_caller]
pub fn assert_signed_in(answer: &Answer) {
    assert_eq!(answer.status, 303, "{}{}", answer.head, answer.text());
    assert_eq!(answer.header("location"), Some("/"));
}

/// Whether the browser gets to see its sessions; anything but yes or no fails.
#[track_caller]
pub fn is_signed_in(browser: &mut Browser) -> bool {
    let answer = browser.get("/accounts/sessions/").unwrap();
    match (answer.status, answer.header("location")) {
        (200, _) => true,
        (302 | 303, Some(place)) if place.starts_with("/accounts/login/") => false,
        _ => panic!("{}{}", answer.head, answer.text()),
    }
}

/// The first-run link in some output, as a path.
pub fn setup_path(text: &str) -> Option<String> {
    let mut lines = text.lines();
    let link = lines.find(|line| line.contains("/accounts/setup/?token="))?;
    let path = link.strip_prefix(crate::http::ORIGIN);
    Some(
        path.expect("the link begins with the site's origin")
            .to_owned(),
    )
}

/// Who may read and write: the last three octal digits of a file's mode.
pub fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}
