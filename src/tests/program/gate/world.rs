//! A program, a site, and a proxy between browsers and both.

use std::{fs, net::SocketAddr};

use super::{
    echo,
    proxies::{Kind, Proxy, free_port},
};
use crate::{
    http::{Answer, Browser, Connection, ORIGIN},
    support::{Place, Server},
};

pub const SITE_COOKIE: &str = "__Host-inmor-site";
pub const BROWSER_COOKIE: &str = "__Host-inmor-browser";
/// What a browser sends that wants to see a page.
pub const PAGE: (&str, &str) = ("Accept", "text/html");

pub struct World {
    pub place: Place,
    pub server: Server,
    pub proxy: Proxy,
    /// As in the address bar.
    pub host: String,
    /// Where the site itself answers.
    pub site: SocketAddr,
    /// The browser of `anna` on the program's own host.
    pub here: Browser,
}

impl World {
    /// With `anna` signed in on the program's own host by her password.
    pub fn new(kind: Kind) -> Self {
        Self::with(kind, "127.0.0.1", |configuration| configuration)
    }

    /// The same with another trusted proxy, or another configuration than the printed one.
    pub fn with(kind: Kind, trusted: &str, change: impl Fn(String) -> String) -> Self {
        Self::changed(kind, trusted, change, |script| script)
    }

    /// The same with another script than the printed one.
    pub fn with_script(kind: Kind, change: impl Fn(String) -> String) -> Self {
        Self::changed(kind, "127.0.0.1", |configuration| configuration, change)
    }

    fn changed(
        kind: Kind,
        trusted: &str,
        configuration: impl Fn(String) -> String,
        script: impl Fn(String) -> String,
    ) -> Self {
        let site = echo::start();
        let port = free_port();
        let host = format!("admin.localhost:{port}");
        let place = Place::new();
        place.write("inmor-mfa.toml", &settings(&host, trusted));
        place.create("anna");
        let server = place.serve();
        let place = place.also("LISTEN", &server.address.to_string());
        let printed = print(&place, kind, &host, site, script);
        let proxy = Proxy::start(&place, kind, &configuration(printed), port);
        let here = server.signed_in("anna");
        Self {
            place,
            server,
            proxy,
            host,
            site,
            here,
        }
    }

    /// Sends a request to the proxy, with these headers and `Host`.
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.ask_with(method, path, headers, "")
    }

    pub fn ask_with(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let host = [("Host", &*self.host)];
        self.ask_raw(method, path, &[&host[..], headers].concat(), body)
            .unwrap()
    }

    /// Sends a request with these headers and no others.
    pub fn ask_raw(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> std::io::Result<Answer> {
        let mut connection = Connection::open(self.proxy.address)?;
        let mut request = format!("{method} {path} HTTP/1.1\r\n");
        for (name, value) in headers {
            request.extend([name, ": ", value, "\r\n"]);
        }
        if !body.is_empty() {
            request.extend(["Content-Length: ", &body.len().to_string(), "\r\n"]);
        }
        connection.send(format!("{request}\r\n{body}").as_bytes())?;
        connection.receive()
    }

    pub fn get(&self, path: &str, cookies: &str) -> Answer {
        self.ask("GET", path, &[PAGE, ("Cookie", cookies)])
    }

    /// Where a stranger who wants to see a page is sent, a path of the program, and the cookie that they get.
    #[track_caller]
    pub fn sent_to(&self, path: &str) -> (String, String) {
        let answer = self.ask("GET", path, &[PAGE]);
        assert_eq!(answer.status, 303, "{}{}", answer.head, answer.text());
        let place = answer.header("location").unwrap();
        let place = place.strip_prefix(ORIGIN).unwrap().to_owned();
        (place, cookie(&answer, BROWSER_COOKIE))
    }

    /// The ticket to a path, and the cookie of the browser that is to bring it.
    #[track_caller]
    pub fn ticket(&mut self, path: &str) -> (String, String) {
        let (place, cookie) = self.sent_to(path);
        let page = self.here.get(&place).unwrap();
        assert_eq!(page.status, 200, "{}{}", page.head, page.text());
        let text = page.text();
        let (_, rest) = text.split_once("name=\"ticket\" value=\"").unwrap();
        (rest.split_once('"').unwrap().0.to_owned(), cookie)
    }

    /// Brings a ticket to the site as the form of the program's page does.
    pub fn bring(&self, ticket: &str, cookies: &str) -> Answer {
        self.ask_with(
            "POST",
            "/.inmor-mfa/accept/",
            &[
                PAGE,
                ("Origin", ORIGIN),
                ("Sec-Fetch-Site", "cross-site"),
                ("Content-Type", "application/x-www-form-urlencoded"),
                ("Cookie", cookies),
            ],
            &format!("ticket={ticket}"),
        )
    }

    /// The cookie of a session on the site.
    #[track_caller]
    pub fn cross(&mut self) -> String {
        let (ticket, browser) = self.ticket("/");
        let answer = self.bring(&ticket, &browser);
        assert_eq!(answer.status, 303, "{}{}", answer.head, answer.text());
        cookie(&answer, SITE_COOKIE)
    }
}

/// A cookie that an answer sets, as it is sent back.
#[track_caller]
fn cookie(answer: &Answer, name: &str) -> String {
    let set = answer.headers("set-cookie");
    let pair = set.iter().find(|line| line.starts_with(name));
    let pair = pair.unwrap_or_else(|| panic!("no {name} in {}", answer.head));
    pair.split(';').next().unwrap().to_owned()
}

fn settings(host: &str, trusted: &str) -> String {
    format!(
        "trusted_proxies = [\"{trusted}\"]\n\n[[site]]\nhost = \"{host}\"\n\
         [[site.rule]]\npath = \"/\"\nrequire = \"session\"\n\
         [[site.rule]]\npath = \"/static/\"\nrequire = \"nothing\"\n\
         [[site.rule]]\npath = \"/two/\"\nrequire = \"two_factor\"\n\
         [[site.rule]]\npath = \"/key/\"\nrequire = \"phishing_resistant\"\n\
         [[site.rule]]\npath = \"/fresh/\"\nrequire = \"session\"\nfresh = 1\n\
         [[site.rule]]\npath = \"/root/\"\nrequire = \"session\"\nroles = [\"superuser\"]\n"
    )
}

/// The configuration that the program prints for a site; its script is where it looks for it.
pub fn print(
    place: &Place,
    kind: Kind,
    host: &str,
    site: SocketAddr,
    change: impl Fn(String) -> String,
) -> String {
    let upstream = format!("http://{site}");
    let command = ["gate", "snippet", kind.name(), host, "--upstream"];
    let print = |more: &[&str]| {
        let ended = place.run(&[&command[..], &[&upstream], more].concat());
        ended.success().to_owned()
    };
    let script = format!("{}.lua", host.replace(':', "-"));
    if matches!(kind, Kind::Haproxy | Kind::Apache) {
        place.write(&script, &change(print(&["--script"])));
        readable(place, &script);
    }
    print(&["--script-file", place.path(&script).to_str().unwrap()])
}

/// Apache's workers are another user, and must find the script.
fn readable(place: &Place, script: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    for (name, mode) in [("", 0o755), (script, 0o644)] {
        fs::set_permissions(place.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }
}
