//! The rooms of the house: what is which, and which may use which.

/// What kind of place a module is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    Crate,
    App,
    Ui,
    Browser,
    Error,
    Page,
    Api,
    Request,
    Flow,
    Domain,
    /// A folder's `store.rs`: its tables.
    Tables,
    /// A folder's `mod.rs`: what crosses to the browser.
    Wire,
    Services,
    /// `crypto/` and `clock.rs`.
    Tools,
    /// `mail/`: what sends letters.
    Mail,
    /// `store/`.
    Db,
    Settings,
    Server,
    Commands,
    /// `fuzzing/`: looks at whatever takes input from outside.
    Fuzzing,
}

use Room::{
    Api, App, Browser, Commands, Crate, Db, Domain, Error, Flow, Fuzzing, Mail, Page, Request,
    Server, Services, Settings, Tables, Tools, Ui, Wire,
};

/// The room and the folder of a path below the crate's root; `None` where no room is.
pub(super) fn room<'a>(path: &[&'a str]) -> Option<(Room, Vec<&'a str>)> {
    let room = match path {
        [] | ["main"] => Crate,
        ["app", ..] => App,
        ["ui", ..] => Ui,
        ["browser", ..] => Browser,
        ["error", ..] => Error,
        ["request", ..] => Request,
        ["services", ..] => Services,
        ["crypto" | "clock", ..] => Tools,
        ["mail", ..] => Mail,
        ["store", ..] => Db,
        ["server", "settings", ..] => Settings,
        ["server", ..] => Server,
        ["commands", ..] => Commands,
        ["fuzzing", ..] => Fuzzing,
        ["auth" | "mfa" | "gate" | "audit" | "django", rest @ ..] => {
            let named = |name: &str| match name {
                "page" => Some(Page),
                "api" => Some(Api),
                "flow" => Some(Flow),
                "domain" => Some(Domain),
                "store" => Some(Tables),
                _ => None,
            };
            let at = rest
                .iter()
                .position(|name| named(name).is_some())
                .unwrap_or(rest.len());
            let folder = path[..=at]
                .iter()
                .copied()
                .filter(|name| !name.starts_with(char::is_uppercase))
                .collect();
            return Some((
                rest.get(at).and_then(|name| named(name)).unwrap_or(Wire),
                folder,
            ));
        }
        _ => return None,
    };
    Some((room, Vec::new()))
}

/// The rooms of this crate that a room may use. Whether of any folder or only of its own is another rule.
pub(super) const fn may_use(from: Room) -> &'static [Room] {
    match from {
        Crate => &[Commands],
        App => &[Page, Ui, Browser, Error],
        Ui => &[Ui, Browser, Error],
        Browser => &[Browser, Error],
        Error => &[],
        // a page may show a part that another subject's page has: its notices, its forms
        Page => &[Page, Api, Ui, Browser, Error, Wire],
        Api => &[Request, Flow, Error, Wire],
        Request => &[Request, Flow, Services, Tools, Db, Error, Wire],
        Flow => &[Flow, Domain, Tables, Services, Tools, Mail, Db, Error, Wire],
        Domain => &[Tools, Error, Wire],
        Tables => &[Domain, Services, Tools, Db, Error, Wire],
        Wire => &[Wire, Error],
        Services => &[Tools, Mail, Db, Settings, Error],
        Tools => &[Tools],
        Mail => &[Mail, Tools],
        Db => &[Db],
        // the sites of the gate are wire types
        Settings => &[Settings, Tools, Mail, Wire],
        Server => &[
            Server, Settings, App, Ui, Request, Flow, Services, Tools, Db, Error, Wire,
        ],
        Commands => &[
            Commands, Server, Settings, Flow, Services, Tools, Mail, Db, Error,
        ],
        Fuzzing => &[Fuzzing, Server, Settings, Request, Domain, Tools, Wire],
    }
}

/// Crates that have their places, and those places.
pub(super) const CRATES: [(&[&str], &[Room]); 6] = [
    (
        &["web_sys", "js_sys", "wasm_bindgen", "wasm_bindgen_futures"],
        &[Browser, Crate],
    ),
    (&["sqlx"], &[Db, Tables]),
    (&["lettre"], &[Mail]),
    (&["sd_notify"], &[Server]),
    (
        &[
            "axum",
            "axum_server",
            "http",
            "hyper_util",
            "leptos_axum",
            "tower",
            "tower_http",
        ],
        &[Server, Request, Fuzzing],
    ),
    (
        &["leptos", "leptos_router"],
        &[App, Page, Ui, Browser, Api, Request, Server, Error, Crate],
    ),
];
