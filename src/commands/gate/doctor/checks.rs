//! What is looked at, one after the other.

use ureq::http::Method;

use super::{
    calls::{Caller, Reply},
    report::Report,
};
use crate::{
    commands::run::Failure,
    gate::flow::{self as gate, Asked, Decision, Needs, Outcome, Require},
    server::gate::IDENTITY,
};

/// Whom the doctor pretends to be; nobody is called so.
const INTRUDER: &str = "inmor-doctor-intruder";
const PAGE: (&str, &str) = ("Accept", "text/html");

/// A site, and what to try there.
pub(super) struct Site<'a> {
    pub(super) asked: &'a Asked,
    pub(super) url: &'a str,
    pub(super) rules: &'a gate::Site,
    /// A cookie that is no session's.
    pub(super) garbage: String,
    /// A username, and the cookie of its session.
    pub(super) good: Option<(String, String)>,
    /// Where the site answers without its proxy.
    pub(super) around: Option<&'a str>,
}

/// Examines a site. What is found after something is badly wrong would only mislead, and is left out.
///
/// # Errors
/// When the program stops answering, or the report cannot be printed.
pub(super) fn examine(caller: &Caller, site: &Site, report: &mut Report) -> Result<(), Failure> {
    let name = &*site.rules.host;
    if let Some(url) = site.around {
        around(caller, url, name, report)?;
    }
    let needs = Needs::of(site.rules, &site.asked.reading);
    if needs.require() == Require::Nothing {
        return report.wrong(name, format_args!(
            "{} is open to everybody by its rule, so nothing can be tried there: name another page with --path",
            site.asked.path()
        ));
    }
    let stranger = match caller.call(&Method::GET, site.url, &[PAGE]) {
        Ok(reply) => reply,
        Err(error) => {
            return report.wrong(
                name,
                format_args!("{} cannot be reached: {error}", site.url),
            );
        }
    };
    let Some(decision) = wired(&stranger, name, report)? else {
        return Ok(());
    };
    told(&decision, site, name, report)?;
    sent_to_sign_in(caller, &stranger, name, report)?;
    method(caller, site, name, report)?;
    closed(caller, site, name, report)?;
    open_parts(caller, site, name, report)?;
    visitor(caller, site, name, report)
}

/// Whether the gate is asked, understands, and is obeyed.
fn wired(reply: &Reply, name: &str, report: &mut Report) -> Result<Option<Decision>, Failure> {
    let status = reply.status;
    let Some(decision) = reply.decision.clone() else {
        report.wrong(name, match status {
            200..300 => format!("not wired: {status} for a stranger, and the gate was not asked: everybody gets in"),
            _ => format!("not wired: {status} for a stranger, and the gate was not asked; does the proxy know the site, and where the gate is?"),
        })?;
        return Ok(None);
    };
    let peer = &decision.peer;
    match decision.outcome {
        Outcome::Refused => {
            report.wrong(
                name,
                format_args!("the gate was asked by {peer} and refused: {}", decision.why),
            )?;
        }
        Outcome::Unavailable => {
            report.wrong(
                name,
                format_args!("the gate could not answer: {}", decision.why),
            )?;
        }
        _ if reply.is_let_in() => {
            report.wrong(name, format_args!("answers {status} to everyone: the gate is asked, and the proxy does not do what it says"))?;
        }
        _ => {
            report.good(
                name,
                format_args!("the gate is asked by {peer}, and a stranger is not let in"),
            )?;
            return Ok(Some(decision));
        }
    }
    Ok(None)
}

/// Whether the gate is told the address that was called.
fn told(decision: &Decision, site: &Site, name: &str, report: &mut Report) -> Result<(), Failure> {
    if decision.host == site.asked.host && decision.path == site.asked.path() {
        return report.good(name, "the address is forwarded as it was called");
    }
    report.wrong(
        name,
        format_args!(
            "the address is not forwarded: {} was called, and the gate was told {}{}",
            site.url, decision.host, decision.path
        ),
    )
}

/// Whether a person gets to where they can sign in.
fn sent_to_sign_in(
    caller: &Caller,
    reply: &Reply,
    name: &str,
    report: &mut Report,
) -> Result<(), Failure> {
    if (300..400).contains(&reply.status) && caller.leads_to_program(&reply.location) {
        return report.good(name, "a person is sent to sign in");
    }
    report.wrong(name, format_args!(
        "a person gets {} and is not sent to sign in: the proxy has to pass on the gate's redirect",
        reply.status
    ))
}

/// Whether the gate is told the method.
fn method(caller: &Caller, site: &Site, name: &str, report: &mut Report) -> Result<(), Failure> {
    let reply = caller.call(&Method::OPTIONS, site.url, &[PAGE])?;
    match reply.decision.map(|decision| decision.method) {
        Some(method) if method == "OPTIONS" => report.good(name, "the method is forwarded"),
        Some(method) => report.wrong(
            name,
            format_args!(
                "the method is not forwarded: OPTIONS was called, and the gate was told {method}"
            ),
        ),
        None => report.wrong(
            name,
            "requests with the method OPTIONS pass around the gate",
        ),
    }
}

/// Whether cheats stay out: a made-up cookie, made-up names, made-up addresses.
fn closed(caller: &Caller, site: &Site, name: &str, report: &mut Report) -> Result<(), Failure> {
    let cookie = [PAGE, ("Cookie", &*site.garbage)];
    let data = [("Accept", "application/json")];
    let open = site
        .rules
        .rules
        .iter()
        .find(|rule| rule.require == Require::Nothing);
    let open = open.map_or("/", |rule| &*rule.path);
    let open_url = format!("{}{open}", site.asked.origin());
    let addresses = [
        PAGE,
        ("X-Original-URL", &*open_url),
        ("X-Original-Method", "GET"),
        ("X-Forwarded-Uri", open),
        ("X-Forwarded-Method", "GET"),
        ("X-Forwarded-Prefix", open),
        ("X-Rewrite-URL", open),
    ];
    let mut all = true;
    for (what, headers) in [
        ("a cookie that is no session's", &cookie[..]),
        ("a program without a session", &data),
        ("made-up identity headers", &with_intruder(&[PAGE])),
        ("made-up addresses of the request", &addresses),
    ] {
        let reply = caller.call(&Method::GET, site.url, headers)?;
        if reply.is_let_in() {
            all = false;
            report.wrong(name, format_args!("{what}: answered with {}", reply.status))?;
        } else if reply
            .decision
            .as_ref()
            .is_some_and(|it| it.path != site.asked.path() && it.outcome != Outcome::Refused)
        {
            all = false;
            report.wrong(
                name,
                format_args!("{what}: the proxy passes on what a client says of its address"),
            )?;
        }
    }
    if all {
        report.good(
            name,
            "cookies, identity headers and addresses that are made up do not get in",
        )?;
    }
    Ok(())
}

/// Whether what a client calls itself reaches parts that are open to everybody.
fn open_parts(
    caller: &Caller,
    site: &Site,
    name: &str,
    report: &mut Report,
) -> Result<(), Failure> {
    let open = site
        .rules
        .rules
        .iter()
        .filter(|rule| rule.require == Require::Nothing);
    for rule in open {
        let url = format!("{}{}", site.asked.origin(), rule.path);
        let reply = caller.call(&Method::GET, &url, &with_intruder(&[PAGE]))?;
        if reply.body.contains(INTRUDER) {
            report.wrong(
                name,
                format_args!(
                    "headers are not stripped: {} shows a name that the client made up",
                    rule.path
                ),
            )?;
        }
    }
    Ok(())
}

/// Whether a good session gets in, under its own name.
fn visitor(caller: &Caller, site: &Site, name: &str, report: &mut Report) -> Result<(), Failure> {
    let Some((username, cookie)) = &site.good else {
        return report.open(name, "whether headers of clients are stripped: try it with --account and a page that shows who is signed in, by --path");
    };
    let headers = with_intruder(&[PAGE, ("Cookie", cookie)]);
    let reply = caller.call(&Method::GET, site.url, &headers)?;
    match reply.decision.as_ref().map(|decision| decision.outcome) {
        Some(Outcome::Allowed) => {}
        Some(Outcome::Forbidden) => {
            return report.open(
                name,
                format_args!(
                    "{username} has not the role that {} asks for; try another account",
                    site.asked.path()
                ),
            );
        }
        _ => {
            return report.wrong(
                name,
                format_args!(
                    "a good session of {username} gets {}: does the proxy pass on cookies?",
                    reply.status
                ),
            );
        }
    }
    if matches!(reply.status, 401 | 403) || reply.status >= 500 {
        return report.wrong(name, format_args!("a good session of {username} passes the gate and gets {} from the site or its proxy", reply.status));
    }
    if reply.body.contains(INTRUDER) {
        return report.wrong(
            name,
            "headers are not stripped: the page shows a name that the client made up",
        );
    }
    if reply.body.contains(username.as_str()) {
        return report.good(
            name,
            format_args!(
                "a good session gets in, and the site shows {username} and no made-up name"
            ),
        );
    }
    report.open(name, format_args!("a good session gets in, but {} does not show who is signed in: name another page with --path", site.asked.path()))
}

/// Whether the site answers those who go around its proxy.
fn around(caller: &Caller, url: &str, name: &str, report: &mut Report) -> Result<(), Failure> {
    match caller.call(&Method::GET, url, &[PAGE]) {
        Ok(reply) if reply.decision.is_none() => report.wrong(name, format_args!(
            "reachable around the proxy: {url} answers {}; let nothing but the proxy get there, or have the site check X-Inmor-Assertion",
            reply.status
        )),
        Ok(_) => report.good(name, format_args!("{url} is behind the gate too")),
        Err(_) => report.good(name, format_args!("nothing answers at {url} from here")),
    }
}

/// Headers, with every identity header made up, also as some write it.
fn with_intruder<'a>(headers: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    const WITH_UNDERSCORE: [&str; 3] = ["remote_user", "Remote_User", "remote_groups"];
    let mut all = headers.to_vec();
    all.extend(
        IDENTITY
            .iter()
            .chain(&WITH_UNDERSCORE)
            .map(|name| (*name, INTRUDER)),
    );
    all
}
