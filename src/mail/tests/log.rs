//! What the log of a test says.

use std::io;

use tokio::sync::mpsc;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt;

/// The log of this thread, which is all of a test with one.
pub(super) struct Log {
    lines: mpsc::UnboundedReceiver<String>,
    _guard: DefaultGuard,
}

impl Log {
    pub(super) fn new() -> Self {
        let (written, lines) = mpsc::unbounded_channel();
        let subscriber = fmt()
            .with_ansi(false)
            .with_max_level(tracing::Level::DEBUG)
            .with_writer(move || Pen(written.clone()))
            .finish();
        Self {
            lines,
            _guard: tracing::subscriber::set_default(subscriber),
        }
    }

    /// Waits for a line that says this, and answers it.
    pub(super) async fn until(&mut self, text: &str) -> String {
        loop {
            let line = self.lines.recv().await.unwrap();
            if line.contains(text) {
                return line;
            }
        }
    }

    /// The lines so far of which nobody has asked.
    pub(super) fn rest(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.lines.try_recv().ok())
            .filter(|line| line.contains("letter"))
            .collect()
    }
}

struct Pen(mpsc::UnboundedSender<String>);

impl io::Write for Pen {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let _ = self.0.send(String::from_utf8_lossy(line).into_owned());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
