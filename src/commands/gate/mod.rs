//! `inmor-mfa gate …`: what an operator asks and needs of the login gate.

mod doctor;
mod explain;
mod snippet;

use clap::Subcommand;

use super::run::Failure;
use crate::{
    gate::flow::Site,
    server::settings::{Loaded, Settings},
};

#[derive(Subcommand)]
pub(super) enum Gate {
    /// Say what a request to a site would get, and why
    Explain(explain::Explain),
    /// Print the configuration of a proxy in front of a site
    Snippet(snippet::Snippet),
    /// Call sites through their proxy, and say what is wrong
    Doctor(doctor::Doctor),
}

pub(super) async fn run(loaded: Loaded, command: Gate) -> Result<(), Failure> {
    match command {
        Gate::Explain(command) => explain::run(loaded, &command).await,
        Gate::Snippet(command) => snippet::run(&loaded.settings, &command),
        Gate::Doctor(command) => doctor::run(loaded, &command).await,
    }
}

/// Where the program answers on this machine.
fn local_address(settings: &Settings) -> String {
    let listen = settings.listen;
    let host = match listen.ip() {
        ip if !ip.is_unspecified() => ip,
        std::net::IpAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
        std::net::IpAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
    };
    std::net::SocketAddr::new(host, listen.port()).to_string()
}

/// The site of a host, as the settings have it.
fn site<'a>(settings: &'a Settings, host: &str) -> Result<&'a Site, Failure> {
    let names = || {
        let hosts: Vec<_> = settings.sites.iter().map(|site| &*site.host).collect();
        match hosts.as_slice() {
            [] => "the settings name none; write [[site]] into the settings file".to_owned(),
            hosts => format!("the settings name {}", hosts.join(", ")),
        }
    };
    let found = settings.sites.iter().find(|site| site.host == host);
    found.ok_or_else(|| format!("{host:?} is no site: {}", names()).into())
}
