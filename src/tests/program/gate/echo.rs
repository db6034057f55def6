//! A site that knows no second factor: it answers with the request as it got it.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
};

/// The example of [RFC 6455 §1.3](https://www.rfc-editor.org/rfc/rfc6455#section-1.3).
pub const WEB_SOCKET_KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const WEB_SOCKET_ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// Starts it; it ends with the test's process.
pub fn start() -> SocketAddr {
    start_as("site")
}

/// The same under a name, which its answers end with.
pub fn start_as(name: &'static str) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || while matches!(answer(&stream, name), Ok(true)) {});
        }
    });
    address
}

/// Answers one request; says whether the connection may have more.
fn answer(stream: &TcpStream, name: &str) -> io::Result<bool> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Ok(false);
        }
    }
    let header = |name: &str| {
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        lines
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.to_owned())
    };
    let mut stream = stream;
    if header("upgrade").is_some_and(|to| to.eq_ignore_ascii_case("websocket")) {
        write!(
            stream,
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {WEB_SOCKET_ACCEPT}\r\n\r\n"
        )?;
        io::copy(&mut reader, &mut stream)?;
        return Ok(false);
    }
    let mut length = 0;
    if let Some(text) = header("content-length") {
        let expected = text.parse().map_err(io::Error::other)?;
        length = io::copy(&mut reader.by_ref().take(expected), &mut io::sink())?;
    } else if header("transfer-encoding").is_some() {
        length = chunks(&mut reader)?;
    }
    let body = format!("{head}body: {length} bytes\nof: {name}\n");
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nSet-Cookie: app=2; Path=/\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )?;
    Ok(false)
}

fn chunks(reader: &mut impl BufRead) -> io::Result<u64> {
    let mut all = 0;
    loop {
        let mut size = String::new();
        reader.read_line(&mut size)?;
        let length = u64::from_str_radix(size.trim_end(), 16).map_err(io::Error::other)?;
        all += io::copy(&mut reader.by_ref().take(length), &mut io::sink())?;
        reader.read_line(&mut size)?;
        if length == 0 {
            return Ok(all);
        }
    }
}
