//! `inmor-mfa gate snippet PROXY SITE`: a configuration that works as it is and fails closed.

mod names;
mod template;

use clap::{Args, ValueEnum};

use self::{
    names::{forms, title, variable},
    template::fill,
};
use super::local_address;
use crate::{
    commands::{run::Failure, say::say},
    server::{gate::IDENTITY, settings::Settings},
};

/// What other gates and sites call people by; a site may believe these too.
const OTHERS: [&str; 7] = [
    "X-Auth-User",
    "X-Auth-Email",
    "X-Auth-Groups",
    "X-Auth-Request-User",
    "X-Forwarded-User",
    "X-Remote-User",
    "X-WebAuth-User",
];

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::commands) enum Proxy {
    Nginx,
    Caddy,
    Traefik,
    Haproxy,
    Apache,
}

#[derive(Args)]
pub(in crate::commands) struct Snippet {
    /// What stands in front of the site
    proxy: Proxy,
    /// Host of the site, as in the settings
    site: String,
    /// Where the site itself answers
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8000")]
    upstream: String,
    /// Where this program answers the proxy [default: what `listen` says]
    #[arg(long, value_name = "URL")]
    gate: Option<String>,
    /// Certificate of the site, with its chain
    #[arg(long, value_name = "FILE")]
    certificate: Option<String>,
    /// Key of the certificate
    #[arg(long, value_name = "FILE")]
    key: Option<String>,
    /// Print the Lua script that HAProxy and Apache need beside their configuration
    #[arg(long)]
    script: bool,
    /// Where the configuration finds that script [default: beside the configuration of the proxy]
    #[arg(long, value_name = "FILE")]
    script_file: Option<String>,
}

pub(super) fn run(settings: &Settings, command: &Snippet) -> Result<(), Failure> {
    say(text(settings, command)?.trim_end())
}

fn text(settings: &Settings, command: &Snippet) -> Result<String, Failure> {
    let site = super::site(settings, &command.site)?;
    if site.host == settings.public_url.authority() {
        return Err(format!(
            "{} is this program's own host, where its pages and the site's would be in each other's way: give the site a name of its own",
            site.host
        )
        .into());
    }
    let template = match (command.proxy, command.script) {
        (Proxy::Nginx, false) => include_str!("nginx.conf"),
        (Proxy::Caddy, false) => include_str!("Caddyfile"),
        (Proxy::Traefik, false) => include_str!("traefik.yml"),
        (Proxy::Haproxy, false) => include_str!("haproxy.cfg"),
        (Proxy::Apache, false) => include_str!("apache.conf"),
        (Proxy::Haproxy, true) => include_str!("haproxy.lua"),
        (Proxy::Apache, true) => include_str!("apache.lua"),
        (Proxy::Nginx | Proxy::Caddy | Proxy::Traefik, true) => {
            return Err("only haproxy and apache need a script".into());
        }
    };
    let place = Place::new(settings, command, &site.host)?;
    Ok(fill(template, |name| place.value(name, command.proxy)))
}

/// What goes into the templates.
struct Place<'a> {
    host: &'a str,
    name: &'a str,
    port: String,
    https: bool,
    upstream: String,
    gate: String,
    certificate: String,
    key: String,
    pem: String,
    script_file: Option<String>,
}

impl<'a> Place<'a> {
    fn new(settings: &Settings, command: &Snippet, host: &'a str) -> Result<Self, Failure> {
        let https = settings.public_url.is_https();
        let (name, port) = host
            .rsplit_once(':')
            .filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
            .unwrap_or((host, if https { "443" } else { "80" }));
        let gate = command
            .gate
            .clone()
            .unwrap_or_else(|| format!("http://{}", local_address(settings)));
        let folder = format!("/etc/letsencrypt/live/{name}");
        let or = |given: &Option<String>, file: &str| {
            given.clone().unwrap_or_else(|| format!("{folder}/{file}"))
        };
        Ok(Self {
            host,
            name,
            port: port.to_owned(),
            https,
            upstream: origin("--upstream", &command.upstream)?,
            gate: origin("--gate", &gate)?,
            certificate: or(&command.certificate, "fullchain.pem"),
            key: or(&command.key, "privkey.pem"),
            pem: command
                .certificate
                .clone()
                .unwrap_or_else(|| format!("/etc/haproxy/{name}.pem")),
            script_file: command.script_file.clone(),
        })
    }

    /// The host as names in configurations have it.
    fn id(&self) -> String {
        self.host.replace(|c: char| !c.is_ascii_alphanumeric(), "_")
    }

    /// The lines that stand for a name in a template.
    fn value(&self, name: &str, proxy: Proxy) -> Option<Vec<String>> {
        let one = |text: &str| vec![text.to_owned()];
        let scheme = if self.https { "https" } else { "http" };
        // without https only this machine is to reach the site
        let bind = if self.https { "" } else { "127.0.0.1:" };
        let each = |names: &[&str], line: &dyn Fn(&str) -> String| {
            names.iter().map(|name| line(name)).collect::<Vec<_>>()
        };
        let quoted = |names: &[&str]| one(&each(names, &|name| format!("\"{name}\"")).join(", "));
        Some(match (name, proxy) {
            ("host", _) => one(self.host),
            ("host_pattern", _) => one(&pattern(self.host)),
            ("name", _) => one(self.name),
            ("port", _) => one(&self.port),
            ("id", _) => one(&self.id()),
            ("scheme", _) => one(scheme),
            ("script_file", proxy) => {
                let usual = || match proxy {
                    Proxy::Haproxy => "/etc/haproxy/inmor-mfa.lua".to_owned(),
                    _ => format!("/etc/apache2/inmor-mfa-{}.lua", self.id()),
                };
                vec![self.script_file.clone().unwrap_or_else(usual)]
            }
            ("upstream", _) => one(&self.upstream),
            ("gate", _) => one(&self.gate),
            ("upstream_server", _) => one(&server(&self.upstream)),
            ("gate_scheme", _) => one(scheme_and_server(&self.gate).0),
            ("gate_server", Proxy::Nginx) => one(&scheme_and_server(&self.gate).1),
            ("gate_server", _) => one(&server(&self.gate)),
            ("address", _) => one(&format!("{scheme}://{}", self.host)),
            ("listen", Proxy::Nginx) if self.https => vec![
                format!("listen {} ssl;", self.port),
                format!("listen [::]:{} ssl;", self.port),
                format!("ssl_certificate     {};", self.certificate),
                format!("ssl_certificate_key {};", self.key),
            ],
            ("listen", Proxy::Nginx) => one(&format!("listen {bind}{};", self.port)),
            // Debian's Apache listens at these by itself
            ("listen", _) if matches!(&*self.port, "80" | "443") => Vec::new(),
            ("listen", _) => vec![
                "# once for a port".to_owned(),
                format!("Listen {bind}{}", self.port),
            ],
            ("virtual", _) if self.https => one(&format!("*:{}", self.port)),
            ("virtual", _) => one(&format!("{bind}{}", self.port)),
            ("modules", _) => one(if self.https { " ssl" } else { "" }),
            ("bind", Proxy::Caddy) if self.https => Vec::new(),
            ("bind", Proxy::Caddy) => one("bind 127.0.0.1"),
            ("bind", _) if self.https => {
                one(&format!("bind :::{} v4v6 ssl crt {}", self.port, self.pem))
            }
            ("bind", _) => one(&format!("bind {bind}{}", self.port)),
            ("tls", Proxy::Traefik) => one(if self.https { "\n      tls: {}" } else { "" }),
            ("tls", _) if self.https => vec![
                "SSLEngine on".to_owned(),
                format!("SSLCertificateFile {}", self.certificate),
                format!("SSLCertificateKeyFile {}", self.key),
            ],
            ("tls", _) => Vec::new(),
            ("entry_point", _) => one(if self.https { "websecure" } else { "web" }),
            ("fetch", _) => each(&IDENTITY, &|name| {
                let variable = variable(name);
                format!("auth_request_set $inmor_{variable} $upstream_http_{variable};")
            }),
            ("identity", Proxy::Nginx) => each(&IDENTITY, &|name| {
                format!(
                    "proxy_set_header {} $inmor_{};",
                    title(name),
                    variable(name)
                )
            }),
            ("identity", Proxy::Caddy) => one(&each(&IDENTITY, &title).join(" ")),
            ("identity", Proxy::Traefik) => each(&IDENTITY, &|name| format!("- {}", title(name))),
            ("identity", _) => quoted(
                &each(&IDENTITY, &title)
                    .iter()
                    .map(|it| &**it)
                    .collect::<Vec<_>>(),
            ),
            ("others", Proxy::Nginx) => {
                each(&OTHERS, &|name| format!("proxy_set_header {name} \"\";"))
            }
            ("others", Proxy::Caddy) => [
                "X-Inmor-Assertion",
                "X-Forwarded-User",
                "X-Remote-User",
                "X-WebAuth-User",
            ]
            .iter()
            .flat_map(|name| forms(name))
            .map(|name| format!("request_header -{name}"))
            .collect(),
            ("others", _) => quoted(&OTHERS),
            ("clean", _) => IDENTITY
                .iter()
                .chain(&OTHERS)
                .flat_map(|name| forms(&title(name)))
                .map(|name| format!("{name}: \"\""))
                .collect(),
            _ => return None,
        })
    }
}

/// A host as a regular expression; it has no other characters that mean something in one.
fn pattern(host: &str) -> String {
    host.replace('.', "\\.")
        .replace('[', "\\[")
        .replace(']', "\\]")
}

/// An address without path, as proxies want it.
fn origin(option: &str, text: &str) -> Result<String, Failure> {
    let wrong = || {
        Failure::from(format!(
            "{option}: write scheme, host and port alone, such as http://127.0.0.1:8000"
        ))
    };
    let url = url::Url::parse(text).map_err(|_| wrong())?;
    let bare = url.path() == "/" && url.query().is_none() && url.username().is_empty();
    if !matches!(url.scheme(), "http" | "https") || !bare || !url.has_host() {
        return Err(wrong());
    }
    Ok(url.origin().ascii_serialization())
}

/// How HAProxy names a server, and speaks to it.
fn server(origin: &str) -> String {
    match scheme_and_server(origin) {
        ("https", server) => format!("{server} ssl verify required ca-file @system-ca"),
        (_, server) => server,
    }
}

/// The scheme of an origin, and its host with the port, named or not.
fn scheme_and_server(origin: &str) -> (&str, String) {
    let (scheme, authority) = origin.split_once("://").unwrap_or(("http", origin));
    let has_port = authority
        .rsplit_once(':')
        .is_some_and(|(_, port)| !port.ends_with(']'));
    let server = match (scheme, has_port) {
        (_, true) => authority.to_owned(),
        ("https", false) => format!("{authority}:443"),
        (_, false) => format!("{authority}:80"),
    };
    (scheme, server)
}
