//! Enough of an SMTP server to take letters.

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

/// What the server was given.
#[derive(Debug)]
pub(super) struct Received {
    /// Of the envelope.
    pub(super) from: String,
    /// Of the envelope.
    pub(super) to: String,
    /// Header and body, a line each.
    pub(super) lines: Vec<String>,
}

impl Received {
    pub(super) fn header(&self) -> &[String] {
        &self.lines[..self.end_of_header()]
    }

    pub(super) fn body(&self) -> &[String] {
        &self.lines[self.end_of_header() + 1..]
    }

    fn end_of_header(&self) -> usize {
        self.lines.iter().position(String::is_empty).unwrap()
    }

    pub(super) fn subject(&self) -> &str {
        let mut lines = self.header().iter();
        lines
            .find_map(|line| line.strip_prefix("Subject: "))
            .unwrap()
    }
}

/// A server on a port of its own.
pub(super) struct Server {
    pub(super) url: String,
    pub(super) letters: mpsc::UnboundedReceiver<Received>,
}

impl Server {
    /// Its first connections are refused in these words, all others taken.
    pub(super) async fn refusing(refusals: &'static [&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let (taken, letters) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut refusals = refusals.iter();
            while let Ok((stream, _)) = listener.accept().await {
                let refusal = refusals.next().copied();
                tokio::spawn(talk(stream, refusal, taken.clone()));
            }
        });
        Self { url, letters }
    }

    pub(super) async fn new() -> Self {
        Self::refusing(&[]).await
    }
}

async fn talk(
    stream: TcpStream,
    refusal: Option<&'static str>,
    taken: mpsc::UnboundedSender<Received>,
) {
    let mut stream = BufReader::new(stream);
    let (mut from, mut to) = (String::new(), String::new());
    let mut answer = "220 test".to_owned();
    loop {
        answer.push_str("\r\n");
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        let (verb, rest) = line
            .trim_end()
            .split_once([' ', ':'])
            .unwrap_or((&line, ""));
        answer = match (verb.trim_end(), refusal) {
            ("MAIL", _) => {
                from = bracketed(rest);
                "250 fine"
            }
            ("RCPT", Some(refusal)) => refusal,
            ("RCPT", None) => {
                to = bracketed(rest);
                "250 fine"
            }
            ("DATA", _) => {
                stream.write_all(b"354 go on\r\n").await.unwrap();
                let lines = data(&mut stream).await;
                let (from, to) = (from.clone(), to.clone());
                taken.send(Received { from, to, lines }).unwrap();
                "250 taken"
            }
            ("QUIT" | "", _) => return,
            _ => "250 fine",
        }
        .to_owned();
    }
}

fn bracketed(text: &str) -> String {
    let (_, address) = text.split_once('<').unwrap();
    address.split_once('>').unwrap().0.to_owned()
}

/// Lines up to the one with a dot alone; each has to end as SMTP wants it.
async fn data(stream: &mut BufReader<TcpStream>) -> Vec<String> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        let line = line.strip_suffix("\r\n").unwrap();
        if line == "." {
            return lines;
        }
        lines.push(line.strip_prefix('.').unwrap_or(line).to_owned());
    }
}
