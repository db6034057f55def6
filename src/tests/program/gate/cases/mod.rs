//! What must hold behind every proxy; group GAT.

mod faults;
mod requests;
mod visitors;

use self::{
    faults::{database_fails, denial, gate_is_gone, uploads},
    requests::{
        hop_by_hop, identity_headers, made_up_addresses, many_fields, odd_addresses, redirects,
    },
    visitors::{deep_link, no_session, polling, programs, step_up, tickets, web_socket},
};
use super::world::World;
use crate::http::Answer;

pub type Case = (&'static str, fn(&mut World));

/// In this order: the last ones leave the program broken.
pub const CASES: [Case; 17] = [
    (
        "GAT-01 the site sees only the gate's identity headers",
        identity_headers,
    ),
    ("GAT-02 no live session of this site, no way in", no_session),
    ("GAT-04 odd addresses", odd_addresses),
    ("GAT-06 redirects lead to this site alone", redirects),
    (
        "GAT-07 a deep link and back, a POST is not replayed",
        deep_link,
    ),
    ("GAT-08 a program gets 401 with an address", programs),
    ("GAT-09 a WebSocket needs a session", web_socket),
    ("GAT-10 polling after the end of a session", polling),
    ("GAT-11 headers named in Connection", hop_by_hop),
    ("GAT-12 a rule that asks for a key", step_up),
    ("GAT-13 made-up addresses", made_up_addresses),
    ("GAT-14 a ticket is good once, here, and in no log", tickets),
    ("GAT-18 bodies and cookies pass, beside the gate", uploads),
    ("GAT-04 more header fields than are good", many_fields),
    ("AUD-01 a denial is one event", denial),
    ("GAT-03 the database fails", database_fails),
    ("GAT-03 the gate does not answer", gate_is_gone),
];

const NAMES: [&str; 8] = [
    "remote-user",
    "remote-email",
    "remote-name",
    "remote-groups",
    "remote-auth-method",
    "remote-auth-time",
    "remote-auth-level",
    "x-inmor-assertion",
];

/// The lines of the site's answer that may say who somebody is, however they are written.
fn identity(answer: &Answer) -> Vec<(String, String)> {
    let text = answer.text();
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    lines
        .map(|(name, value)| {
            (
                name.to_lowercase().replace('_', "-"),
                value.trim().to_owned(),
            )
        })
        .filter(|(name, value)| {
            let known = name.starts_with("remote-") || name.starts_with("x-auth-");
            (known || NAMES.contains(&&**name) || name.ends_with("-user")) && !value.is_empty()
        })
        .collect()
}

#[track_caller]
fn assert_status(answer: &Answer, expected: &[u16]) {
    assert!(
        expected.contains(&answer.status),
        "{}{}",
        answer.head,
        answer.text()
    );
}

#[track_caller]
fn assert_out(answer: &Answer) {
    assert!(
        !(200..300).contains(&answer.status),
        "{}{}",
        answer.head,
        answer.text()
    );
}

/// That the site did not answer; what a proxy says for a host that it does not know is its own affair.
#[track_caller]
fn assert_no_site(answer: &Answer) {
    assert!(
        !answer.text().contains("body: "),
        "{}{}",
        answer.head,
        answer.text()
    );
}
