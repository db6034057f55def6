//! Letters on their way to a small SMTP server, and what becomes of them without one.

mod log;
mod server;

use std::time::Duration;

use super::*;
use crate::mail::office::{PATIENCE, Patience};
use log::Log;
use server::Server;

/// 2026-11-18 11:06:40.
const NOW: i64 = 1_795_000_000;

/// Of a mailer that tries again at once.
const IMPATIENCE: Patience = Patience {
    attempt: PATIENCE.attempt,
    pauses: &[Duration::ZERO, Duration::ZERO],
    ..PATIENCE
};

fn mailer(url: &str, patience: Patience) -> Mailer {
    let server = SmtpUrl::parse(url).unwrap();
    let sender = Sender::parse("Inmor Räv <mfa@example.org>").unwrap();
    let mut office = Office::new(&server, sender, Clock::fixed(NOW).0, Random::seeded(1));
    office.patience = patience;
    Mailer(Way::Smtp(Arc::new(office)))
}

fn letter(subject: &str) -> Letter {
    Letter {
        to: "anna@example.com".to_owned(),
        subject: subject.to_owned(),
        body: "Hello Anna,\n\n.a line that begins with a dot\n".to_owned(),
    }
}

#[tokio::test]
async fn a_letter_arrives_with_sender_recipient_subject_and_body() {
    let mut server = Server::new().await;
    mailer(&server.url, PATIENCE).send(letter("Authenticator app added"));
    let received = server.letters.recv().await.unwrap();
    assert_eq!(
        (&*received.from, &*received.to),
        ("mfa@example.org", "anna@example.com")
    );
    let (id, header): (Vec<_>, Vec<_>) = received
        .header()
        .iter()
        .partition(|line| line.starts_with("Message-ID: "));
    assert_eq!(
        header,
        [
            "From: =?utf-8?b?SW5tb3IgUsOkdg==?= <mfa@example.org>",
            "To: anna@example.com",
            "Subject: Authenticator app added",
            "Date: Wed, 18 Nov 2026 11:06:40 +0000",
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: 7bit",
        ]
    );
    assert!(id[0].ends_with("@example.org>"), "{id:?}");
    let (text, end) = received.body().split_at(3);
    assert_eq!(text, ["Hello Anna,", "", ".a line that begins with a dot"]);
    assert!(end.iter().all(String::is_empty));
}

#[tokio::test]
async fn letters_are_utf8() {
    let mut server = Server::new().await;
    mailer(&server.url, PATIENCE).send(Letter {
        body: "Räksmörgås\n".to_owned(),
        ..letter("Nyckel tillagd: Blå")
    });
    let received = server.letters.recv().await.unwrap();
    assert_eq!(received.subject(), "Nyckel tillagd: =?utf-8?b?QmzDpQ==?=");
    // base64 of "Räksmörgås\r\n"
    assert_eq!(received.body()[0], "UsOka3Ntw7ZyZ8Olcw0K");
}

#[tokio::test]
async fn a_subject_with_line_breaks_adds_no_header() {
    let mut server = Server::new().await;
    let mailer = mailer(&server.url, PATIENCE);
    mailer.send(letter("Key Blue\r\nBcc: eve@example.net"));
    let received = server.letters.recv().await.unwrap();
    assert_eq!(received.subject(), "Key Blue  Bcc: eve@example.net");
    for subject in [
        "Key Blue\n\nBcc: eve@example.net added",
        "Key Blå\r\nBcc: eve@example.net\r\n\r\nadded",
        &"Key Blue \r\nBcc: eve@example.net ".repeat(9),
    ] {
        mailer.send(letter(subject));
        let received = server.letters.recv().await.unwrap();
        let names: Vec<_> = received
            .header()
            .iter()
            .filter(|line| !line.starts_with(' '))
            .map(|line| line.split(':').next().unwrap())
            .collect();
        assert_eq!(names.len(), 9, "{names:?}");
        assert!(!names.contains(&"Bcc"), "{names:?}");
        assert!(received.subject().starts_with("Key "));
        assert_eq!(received.body()[0], "Hello Anna,");
    }
}

#[tokio::test]
async fn a_recipient_is_one_address_or_the_letter_is_dropped() {
    let mut log = Log::new();
    let mut server = Server::new().await;
    let mailer = mailer(&server.url, PATIENCE);
    for to in [
        "",
        "anna",
        "anna@example.com\r\nBcc: eve@example.net",
        "anna@example.com>\r\nRCPT TO:<eve@example.net",
        "\"anna\r\n\"@example.com",
        "anna@example.com, eve@example.net",
        "Anna <anna@example.com>",
    ] {
        mailer.send(Letter {
            to: to.to_owned(),
            ..letter("x")
        });
        let lines = log.rest();
        assert_eq!(lines.len(), 1, "{to:?} {lines:?}");
        assert!(lines[0].contains("ERROR") && lines[0].contains("cannot be written"));
        assert!(!lines[0].contains("example"), "{lines:?}");
    }
    mailer.close().await;
    assert!(server.letters.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_dead_server_is_tried_with_growing_pauses_and_given_up() {
    let mut log = Log::new();
    // a port of which nothing listens any more
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    drop(listener);
    let before = tokio::time::Instant::now();
    mailer(&url, PATIENCE).send(letter("x"));
    for seconds in ["seconds=5", "seconds=60", "seconds=600"] {
        assert!(log.until("tried again").await.contains(seconds));
    }
    let line = log.until("given up").await;
    assert!(line.contains("ERROR"), "{line}");
    assert!(before.elapsed() >= Duration::from_secs(665));
}

#[tokio::test(start_paused = true)]
async fn a_silent_server_neither_holds_up_the_caller_nor_the_end() {
    let mut log = Log::new();
    // connects, since the system answers for it, and never says a word
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let mailer = mailer(&url, PATIENCE);
    let before = tokio::time::Instant::now();
    mailer.send(letter("x"));
    mailer.send(letter("y"));
    assert!(before.elapsed().is_zero());
    mailer.close().await;
    assert!(before.elapsed() < Duration::from_secs(6));
    assert!(log.until("not sent").await.contains("letters=2"));
}

#[tokio::test(start_paused = true)]
async fn a_silent_server_is_left_after_half_a_minute() {
    let mut log = Log::new();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let before = tokio::time::Instant::now();
    mailer(&url, PATIENCE).send(letter("x"));
    let line = log.until("tried again").await;
    assert!(line.contains("takes too long"), "{line}");
    assert!((30..32).contains(&before.elapsed().as_secs()));
}

#[tokio::test]
async fn a_full_queue_drops_the_newest_and_says_so() {
    let mut log = Log::new();
    let mut server = Server::new().await;
    let mailer = mailer(&server.url, PATIENCE);
    // no letter can leave in between: the test does not wait, and it has the only thread
    for number in 0..QUEUE {
        mailer.send(letter(&number.to_string()));
    }
    assert_eq!(log.rest(), [""; 0]);
    mailer.send(letter("one too many"));
    let lines = log.rest();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("WARN") && lines[0].contains("100 are waiting already"));
    mailer.close().await;
    for number in 0..QUEUE {
        let received = server.letters.try_recv().unwrap();
        assert_eq!(received.subject(), number.to_string());
    }
    assert!(server.letters.try_recv().is_err());
}

#[tokio::test]
async fn who_has_many_letters_can_wait_for_a_place_for_each() {
    let mut server = Server::new().await;
    let mailer = mailer(&server.url, PATIENCE);
    for number in 0..QUEUE + 20 {
        mailer.send_in_turn(letter(&number.to_string())).await;
    }
    mailer.settle().await;
    for number in 0..QUEUE + 20 {
        let received = server.letters.try_recv().unwrap();
        assert_eq!(received.subject(), number.to_string());
    }
    assert_eq!(mailer.lost(), 0);
}

#[tokio::test(start_paused = true)]
async fn who_waits_in_vain_for_a_place_waits_once_and_learns_how_many_letters_are_lost() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let mailer = mailer(&url, PATIENCE);
    let before = tokio::time::Instant::now();
    for number in 0..QUEUE + 20 {
        mailer.send_in_turn(letter(&number.to_string())).await;
    }
    assert_eq!(before.elapsed().as_secs(), 60);
    assert_eq!(mailer.lost(), 20);
    mailer.settle().await;
    mailer.close().await;
    assert!(before.elapsed().as_secs() < 60 + 120 + 6);
    assert_eq!(mailer.lost(), u64::from(QUEUE) + 20);
}

#[tokio::test]
async fn a_letter_put_off_is_tried_again_and_others_do_not_wait_for_it() {
    let mut log = Log::new();
    let mut server = Server::refusing(&["451 not now", "421 not now"]).await;
    mailer(&server.url, IMPATIENCE).send(letter("twice put off"));
    let received = server.letters.recv().await.unwrap();
    assert_eq!(received.subject(), "twice put off");
    log.until("the server answered 451").await;
    log.until("the server answered 421").await;

    let mut server = Server::refusing(&["451 not now"]).await;
    let mailer = mailer(&server.url, PATIENCE);
    mailer.send(letter("first"));
    mailer.send(letter("second"));
    assert_eq!(server.letters.recv().await.unwrap().subject(), "second");
}

#[tokio::test]
async fn a_letter_refused_for_good_is_given_up_without_a_word_of_the_server_in_the_log() {
    let mut log = Log::new();
    let mut server = Server::refusing(&["550 anna@example.com is unknown"]).await;
    let mailer = mailer(&server.url, IMPATIENCE);
    mailer.send(letter("refused"));
    let line = log.until("a letter ").await;
    assert!(
        line.contains("ERROR") && line.contains("given up") && line.contains("answered 550"),
        "{line}"
    );
    assert!(
        !line.contains("anna") && !line.contains("unknown"),
        "{line}"
    );
    mailer.send(letter("taken"));
    assert_eq!(server.letters.recv().await.unwrap().subject(), "taken");
}

#[tokio::test]
async fn at_the_end_letters_still_leave_and_what_waits_is_tried_once_more() {
    let mut log = Log::new();
    let mut server = Server::refusing(&["451 not now"]).await;
    let mailer = mailer(&server.url, PATIENCE);
    mailer.send(letter("waiting"));
    log.until("tried again").await;
    mailer.send(letter("new"));
    mailer.close().await;
    let mut subjects = [(); 2].map(|()| server.letters.try_recv().unwrap().subject().to_owned());
    subjects.sort();
    assert_eq!(subjects, ["new", "waiting"]);

    log.rest();
    mailer.send(letter("too late"));
    let lines = log.rest();
    assert!(lines[0].contains("dropped: the program stops"), "{lines:?}");
    mailer.close().await;
    assert!(server.letters.try_recv().is_err());
}

#[tokio::test]
async fn without_randomness_a_letter_is_dropped() {
    let mut log = Log::new();
    let server = SmtpUrl::parse("smtp://127.0.0.1:9").unwrap();
    let sender = Sender::parse("mfa@example.org").unwrap();
    Mailer::start(&server, sender, Clock::fixed(NOW).0, Random::failing()).send(letter("x"));
    let lines = log.rest();
    assert!(lines[0].contains("cannot be written"), "{lines:?}");
}

#[test]
fn outside_of_a_runtime_nothing_fails() {
    mailer("smtp://127.0.0.1:9", PATIENCE).send(letter("x"));
}

#[tokio::test]
async fn off_is_off_and_kept_letters_can_be_read() {
    Mailer::off().send(letter("x"));
    Mailer::off().close().await;
    let (mailer, kept) = Mailer::kept();
    mailer.clone().send(letter("x"));
    mailer.send(letter("y"));
    assert_eq!(kept.take(), [letter("x"), letter("y")]);
    assert_eq!(kept.take(), []);
}
