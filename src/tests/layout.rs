//! Who may import whom: `page → api → request → flow → {domain, store.rs} → {crypto, clock, mail, store/}`.
//!
//! Reads the sources and names file and line of whatever is against the house style.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use super::{
    imports::{code, names},
    rooms::{
        CRATES,
        Room::{Crate, Domain, Fuzzing, Tables, Wire},
        may_use, room,
    },
};

/// What is against the rules in a file of `src/`, one line each; and the folders it uses, with line.
fn look(file: &str, source: &str) -> (Vec<String>, Vec<(String, String, usize)>) {
    let (mut faults, mut uses) = (Vec::new(), Vec::new());
    let module: Vec<&str> = file
        .trim_end_matches(".rs")
        .split('/')
        .filter(|name| !matches!(*name, "mod" | "lib"))
        .collect();
    let Some((from, folder)) =
        room(&module).filter(|(from, _)| *from != Wire || file.ends_with("/mod.rs"))
    else {
        return (
            vec![format!("src/{file}:1: there is no such room in the house")],
            uses,
        );
    };
    for (line, text) in (1..).zip(code(source).lines()) {
        let gates = ["cfg(feature", "cfg_attr(feature", "cfg!(feature"]
            .iter()
            .any(|gate| text.contains(gate));
        if gates && !["lib.rs", "main.rs"].contains(&file) && !file.ends_with("mod.rs") {
            faults.push(format!(
                "src/{file}:{line}: gates stand in lib.rs, main.rs and mod.rs"
            ));
        }
    }
    for name in names(&module, source) {
        let mut fault =
            |why: &str| faults.push(format!("src/{file}:{}: {}: {why}", name.line, name.path));
        let Some(path) = name.path.strip_prefix("crate::") else {
            let package = name.path.split("::").next().unwrap_or_default();
            if let Some((_, rooms)) = CRATES
                .iter()
                .find(|(packages, _)| packages.contains(&package))
                && !rooms.contains(&from)
                && folder != ["gate"]
            {
                fault("this crate has another place");
            }
            continue;
        };
        let path: Vec<&str> = path.split("::").collect();
        let Some((to, of)) = room(&path) else {
            continue;
        };
        let own = folder == of && !folder.is_empty();
        if own && from == to || from == Crate && file == "lib.rs" {
            continue;
        }
        if !may_use(from).contains(&to) {
            fault(&format!("{from:?} may not use {to:?}"));
        } else if matches!(to, Domain | Tables) && !own && from != Fuzzing {
            fault("another folder's domain and store are its own business");
        }
        if !own && !folder.is_empty() && of.len() >= folder.len().min(2) && !of.is_empty() {
            uses.push((folder.join("/"), of.join("/"), name.line));
        }
    }
    (faults, uses)
}

/// Every source file of the program, by its path below `src/`.
fn sources() -> BTreeMap<String, String> {
    fn walk(folder: &Path, root: &Path, found: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path
                .strip_prefix(root)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            if path.is_dir() && name != "tests" {
                walk(&path, root, found);
            } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("tests.rs")
            {
                found.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeMap::new();
    walk(&root, &root, &mut found);
    assert!(found.len() > 50, "{} files", found.len());
    found
}

/// The folders that can be reached from a folder and lead back to it.
fn circles(uses: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let leads_back = |from: &&String| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![*from]);
        while let Some(folder) = next.pop() {
            next.extend(
                uses.get(folder)
                    .into_iter()
                    .flatten()
                    .filter(|to| seen.insert(*to)),
            );
        }
        seen.contains(from)
    };
    uses.keys().filter(leads_back).cloned().collect()
}

#[test]
fn everybody_imports_only_what_stands_to_the_right() {
    let faults: Vec<_> = sources()
        .iter()
        .flat_map(|(file, source)| look(file, source).0)
        .collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn no_folder_uses_itself_by_way_of_another() {
    let (mut uses, mut lines) = (BTreeMap::<_, BTreeSet<_>>::new(), Vec::new());
    for (file, source) in sources() {
        for (from, to, line) in look(&file, &source).1 {
            lines.push((
                from.clone(),
                to.clone(),
                format!("src/{file}:{line}: {from} uses {to}"),
            ));
            uses.entry(from).or_default().insert(to);
        }
    }
    let circles = circles(&uses);
    let within = |name: &String| circles.contains(name);
    let steps: Vec<_> = lines
        .into_iter()
        .filter(|(from, to, _)| within(from) && within(to))
        .map(|(.., line)| line)
        .collect();
    assert!(circles.is_empty(), "\n{}", steps.join("\n"));
}

/// A file, what it holds (`⏎` ends a line), and what is said of that.
const AGAINST: &str = r"
mfa/totp/page.rs   | use crate::auth::sessions::flow;           | Page may not use Flow
mfa/totp/page.rs   | use crate::{⏎    request,⏎};               | :2: crate::request: Page may not use Request
mfa/totp/api.rs    | fn f() { crate::mfa::totp::store::find() } | Api may not use Tables
mfa/totp/flow.rs   | use axum::http::HeaderMap;                 | this crate has another place
mfa/totp/flow.rs   | use leptos::prelude::*;                    | this crate has another place
mfa/totp/flow.rs   | use crate::request;                        | Flow may not use Request
mfa/totp/flow.rs   | use crate::auth::login::{flow, store};     | another folder's domain and store
mfa/totp/flow.rs   | use crate::auth::login;⏎login::domain::f() | :2: crate::auth::login::domain::f
mfa/totp/flow.rs   | let row = sqlx::query(SQL);                | this crate has another place
mfa/totp/domain.rs | use super::store::Row;                     | Domain may not use Tables
mfa/totp/domain.rs | use crate::services::Services;             | Domain may not use Services
mfa/totp/store.rs  | use super::flow::Kept;                     | Tables may not use Flow
mfa/totp/store.rs  | use crate::mfa::webauthn::flow::Key;       | Tables may not use Flow
crypto/token.rs    | use crate::clock::C;⏎use crate::store::Db; | :2: crate::store::Db: Tools may not use Db
mail/mod.rs        | use crate::server::settings::Settings;    | Mail may not use Settings
auth/x/domain.rs   | use crate::mail::Letter;                   | Domain may not use Mail
request/mod.rs     | let to: lettre::Address;                   | this crate has another place
store/mod.rs       | use crate::auth::accounts::flow::Account;  | Db may not use Flow
error.rs           | use crate::services::FlowError;            | Error may not use Services
ui/form.rs         | use web_sys::Window;                       | this crate has another place
server/router.rs   | use crate::commands::run;                  | Server may not use Commands
server/router.rs   | use crate::fuzzing::next;                  | Server may not use Fuzzing
fuzzing/next.rs    | use crate::mfa::totp::store::find;         | Fuzzing may not use Tables
services.rs        | use crate::server::run;                    | Services may not use Server
mfa/totp/flow.rs   | fn f() {⏎    #[cfg(feature = 'ssr')]⏎}     | :2: gates stand in
mfa/totp/helpers.rs|                                            | no such room
utilities.rs       |                                            | no such room";

/// The same without anything to be said.
const ALLOWED: &str = r"
mfa/totp/page.rs  | use super::{Standing, api};⏎use crate::{auth::login::api::x, browser, error::Error, ui::Page};
mfa/totp/api.rs   | use crate::{error::Error, mfa::totp::flow, request};⏎use leptos::prelude::*;
mfa/totp/flow.rs  | use super::{domain, store};⏎use crate::{audit::flow as audit, auth, crypto::token::Token};
mfa/totp/flow.rs  | use crate::auth::sessions;⏎fn f() { sessions::flow::f() }
mfa/totp/store.rs | use super::domain::Step;⏎use crate::store::{Db, on_db};⏎fn f() { sqlx::query(SQL) }
mfa/totp/mod.rs   | #[cfg(feature = 'ssr')]⏎mod store;
mfa/totp/flow.rs  | use crate::mail::Letter;⏎fn f() { services.mailer.send(letter) }
gate/mod.rs       | use axum::http::HeaderMap;
fuzzing/next.rs   | use axum::http::HeaderMap;⏎use crate::{mfa::totp::domain, request::ReturnPath};
mfa/totp/flow.rs  | // use sqlx::Row;⏎fn f() { log(`sqlx::query cfg(feature`) }
mfa/totp/flow.rs  | fn f() {}⏎⏎#[cfg(test)]⏎mod tests {⏎    use sqlx::Row;⏎}";

/// What is said of the file in each line of examples, with the rest of the line.
fn examples(text: &str) -> impl Iterator<Item = (String, &str)> {
    text.lines().skip(1).map(|line| {
        let mut parts = line.splitn(3, '|').map(str::trim);
        let (file, source) = (parts.next().unwrap(), parts.next().unwrap());
        let source = source.replace('⏎', "\n").replace('`', "\"");
        (
            look(file, &source).0.join("\n"),
            parts.next().unwrap_or(line),
        )
    })
}

#[test]
fn each_rule_can_fail() {
    for (faults, wanted) in examples(AGAINST) {
        assert!(faults.contains(wanted), "{wanted:?} is not in {faults:?}");
    }
    let uses = [("a", "b"), ("b", "c"), ("c", "b"), ("d", "a")];
    let uses = uses.map(|(from, to)| (from.to_owned(), BTreeSet::from([to.to_owned()])));
    assert_eq!(circles(&BTreeMap::from(uses)), ["b", "c"]);
}

#[test]
fn what_the_house_style_shows_is_allowed() {
    for (faults, line) in examples(ALLOWED) {
        assert!(faults.is_empty(), "{line}: {faults}");
    }
}
