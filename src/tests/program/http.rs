//! A small blocking HTTP/1.1 client over plain sockets: it sends exactly the bytes it is given, keeps
//! connections open, and needs nothing but the standard library. The bench program uses it too.

use std::{
    collections::BTreeMap,
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// The origin that the program has when nobody sets another.
pub const ORIGIN: &str = "http://localhost:3000";
/// Longer than any answer may take.
const PATIENCE: Duration = Duration::from_secs(40);

/// One connection.
pub struct Connection(BufReader<TcpStream>);

/// An answer, read to its end.
pub struct Answer {
    pub status: u16,
    /// Status line and headers as received.
    pub head: String,
    /// The body as it was before chunking; compressed if it was.
    pub body: Vec<u8>,
}

impl Connection {
    pub fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self(BufReader::new(stream)))
    }

    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.get_mut().write_all(bytes)
    }

    /// The next answer, to a request that was not HEAD.
    pub fn receive(&mut self) -> io::Result<Answer> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.0.read_line(&mut head)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .ok_or_else(|| malformed(&head))?;
        let mut answer = Answer {
            status,
            head,
            body: Vec::new(),
        };
        if let Some(length) = answer.header("content-length") {
            let length = length.parse().map_err(|_| malformed(length))?;
            answer.body = self.exactly(length)?;
        } else if answer.header("transfer-encoding").is_some() {
            answer.body = self.chunks()?;
        }
        Ok(answer)
    }

    /// Everything that comes until the server closes the connection, however it does that.
    pub fn until_closed(&mut self) -> io::Result<String> {
        let mut bytes = Vec::new();
        match self.0.read_to_end(&mut bytes) {
            Err(error) if error.kind() != io::ErrorKind::ConnectionReset => Err(error),
            _ => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }

    fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let mut size = String::new();
            self.0.read_line(&mut size)?;
            let length =
                usize::from_str_radix(size.trim_end(), 16).map_err(|_| malformed(&size))?;
            body.extend(self.exactly(length)?);
            self.exactly(2)?;
            if length == 0 {
                return Ok(body);
            }
        }
    }

    fn exactly(&mut self, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.0.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

fn malformed(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("no HTTP: {text:?}"))
}

impl Answer {
    /// The first header of a name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers(name).first().copied()
    }

    pub fn headers(&self, name: &str) -> Vec<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .filter(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .collect()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Cookies, and a connection that is opened anew when the server has closed it.
pub struct Browser {
    address: SocketAddr,
    connection: Option<Connection>,
    pub cookies: BTreeMap<String, String>,
    /// Header lines that go with every request, each ending in CR LF.
    pub more: String,
}

impl Browser {
    pub const fn new(address: SocketAddr) -> Self {
        Self {
            address,
            connection: None,
            cookies: BTreeMap::new(),
            more: String::new(),
        }
    }

    /// The same cookies at another server.
    pub fn at(&self, address: SocketAddr) -> Self {
        Self {
            cookies: self.cookies.clone(),
            more: self.more.clone(),
            ..Self::new(address)
        }
    }

    pub fn get(&mut self, path: &str) -> io::Result<Answer> {
        self.exchange(&self.get_request(path))
    }

    /// Posts a form as the site's own page would.
    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> io::Result<Answer> {
        self.exchange(&self.post_request(path, fields))
    }

    /// Calls a function of the server with JSON.
    pub fn post_json(&mut self, path: &str, body: &str) -> io::Result<Answer> {
        let request = self.request(path, "application/json", body);
        self.exchange(&request)
    }

    pub fn get_request(&self, path: &str) -> String {
        format!("GET {path} HTTP/1.1\r\n{}\r\n", self.lines())
    }

    pub fn post_request(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let body = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect::<Vec<_>>()
            .join("&");
        self.request(path, "application/x-www-form-urlencoded", &body)
    }

    fn request(&self, path: &str, kind: &str, body: &str) -> String {
        format!(
            "POST {path} HTTP/1.1\r\n{}Origin: {ORIGIN}\r\nContent-Type: {kind}\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.lines(),
            body.len()
        )
    }

    fn lines(&self) -> String {
        let cookies = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
            .join("; ");
        let cookies = if cookies.is_empty() {
            String::new()
        } else {
            format!("Cookie: {cookies}\r\n")
        };
        format!(
            "Host: localhost:3000\r\nUser-Agent: Firefox/140.0 (Linux)\r\n{cookies}{}",
            self.more
        )
    }

    /// Sends a request as it is; what it sets of cookies is kept.
    pub fn exchange(&mut self, request: &str) -> io::Result<Answer> {
        let kept = self.connection.take();
        let was_open = kept.is_some();
        let mut connection = kept.map_or_else(|| Connection::open(self.address), Ok)?;
        let mut outcome = ask(&mut connection, request);
        if was_open && outcome.is_err() {
            connection = Connection::open(self.address)?;
            outcome = ask(&mut connection, request);
        }
        let answer = outcome?;
        self.connection = Some(connection);
        for line in answer.headers("set-cookie") {
            let pair = line.split(';').next().unwrap_or_default();
            match pair.split_once('=') {
                Some((name, "")) => self.cookies.remove(name),
                Some((name, value)) => self.cookies.insert(name.to_owned(), value.to_owned()),
                None => None,
            };
        }
        Ok(answer)
    }
}

fn ask(connection: &mut Connection, request: &str) -> io::Result<Answer> {
    connection.send(request.as_bytes())?;
    connection.receive()
}

/// As in a form and in an address.
fn encoded(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() {
            out.push(char::from(byte));
        } else {
            // writing to a String does not fail
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}
