//! What a person does in a scripted run, one request after the other, and what he holds after each.

use std::net::SocketAddr;

use crate::{
    Outcomes, ensure,
    http::{Answer, Browser},
    person::{AUTHENTICATE, App, Person, words},
    site::{Site, id_of},
    support::Server,
};

const ACTIVATE: &str = "/accounts/2fa/totp/activate/";
const CODES: &str = "/accounts/2fa/recovery-codes/";
const NEW_PASSWORD: &str = "eight loud badgers whistle";

/// The one who acts. `next` is what he holds if what he does now works.
pub struct Actor<'a> {
    site: &'a Site,
    address: SocketAddr,
    pub browser: Browser,
    pub person: Person,
    pub next: Person,
    /// The secret on the page that he looks at.
    pub shown: String,
}

type Act = fn(&mut Actor<'_>) -> Outcomes<()>;

/// Each is one request, so that it is wholly done or not at all.
pub const STEPS: &[(&str, Act)] = &[
    ("sign in by password", |actor| actor.by_password()),
    ("look at a new secret", |actor| actor.look_at_secret()),
    ("confirm the app", |actor| actor.confirm("phone")),
    ("look at the codes", |actor| actor.look_at_codes()),
    ("sign in, password", |actor| actor.password()),
    ("sign in, code of the app", |actor| actor.by_app()),
    ("sign in anew, password", |actor| actor.password()),
    ("sign in, recovery code", |actor| actor.by_recovery_code()),
    ("replace the codes", |actor| actor.replace_codes()),
    ("look at the new codes", |actor| actor.look_at_codes()),
    ("look at another secret", |actor| actor.look_at_secret()),
    ("confirm the second app", |actor| actor.confirm("tablet")),
    ("remove the first app", |actor| actor.remove_phone()),
    ("change the password", |actor| actor.change_password()),
    ("confirm who it is", |actor| actor.confirm_identity()),
    ("sign out", |actor| actor.sign_out()),
];
/// Where in it an app is confirmed.
pub const CONFIRM: usize = 2;

impl<'a> Actor<'a> {
    pub fn new(site: &'a Site, server: &Server, person: Person) -> Self {
        Self {
            site,
            address: server.address,
            browser: person.browser(server),
            next: person.clone(),
            person,
            shown: String::new(),
        }
    }

    /// Does one thing; what he holds changes with the answer.
    pub fn act(&mut self, act: Act) -> Outcomes<()> {
        self.next = self.person.clone();
        act(self)?;
        self.person = self.next.clone();
        Ok(())
    }

    fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Outcomes<Answer> {
        let answer = self.browser.post(path, fields)?;
        ensure!(answer.status == 303, "{path}: {}", words(&answer));
        Ok(answer)
    }

    fn anew(&mut self) {
        self.browser = Browser::new(self.address);
        self.browser.more = crate::person::from(&self.person.name);
    }

    fn by_password(&mut self) -> Outcomes<()> {
        let (name, password) = (self.person.name.clone(), self.person.password.clone());
        let fields = [("login", name.as_str()), ("password", &password)];
        self.post("/accounts/login/", &fields).map(drop)
    }

    fn password(&mut self) -> Outcomes<()> {
        self.anew();
        self.by_password()
    }

    fn look_at_secret(&mut self) -> Outcomes<()> {
        let page = self.browser.get(ACTIVATE)?.text();
        let secret = between(&page, "<code id=\"secret\">", "<").ok_or("no secret is shown")?;
        self.shown = secret.replace(' ', "");
        Ok(())
    }

    fn confirm(&mut self, label: &str) -> Outcomes<()> {
        let mut app = App {
            label: label.to_owned(),
            secret: self.shown.clone(),
            last: 0,
        };
        let (code, step) = app.next()?;
        app.last = step;
        self.next.apps.push(app);
        self.next.void.push(code.clone());
        self.post(ACTIVATE, &[("code", &code), ("name", label)])
            .map(drop)
    }

    fn look_at_codes(&mut self) -> Outcomes<()> {
        let page = self.browser.get(CODES)?.text();
        let codes = page.split("<code>").skip(1);
        let codes = codes.filter_map(|rest| rest.split_once('<'));
        self.next.codes = codes.map(|(code, _)| code.to_owned()).collect();
        ensure!(self.next.codes.len() == 10, "the page shows other codes");
        Ok(())
    }

    fn by_app(&mut self) -> Outcomes<()> {
        let code = self.app_code()?;
        self.post(AUTHENTICATE, &[("code", &code)]).map(drop)
    }

    fn by_recovery_code(&mut self) -> Outcomes<()> {
        let code = self.next.codes.pop().ok_or("no code left")?;
        self.next.void.push(code.clone());
        self.post(AUTHENTICATE, &[("code", &code)]).map(drop)
    }

    fn app_code(&mut self) -> Outcomes<String> {
        let app = self.next.apps.last_mut().ok_or("no app")?;
        let (code, step) = app.next()?;
        app.last = step;
        self.next.void.push(code.clone());
        Ok(code)
    }

    fn replace_codes(&mut self) -> Outcomes<()> {
        let replaced = std::mem::take(&mut self.next.codes);
        self.next.void.extend(replaced.into_iter().take(1));
        self.post("/accounts/2fa/recovery-codes/generate/", &[])
            .map(drop)
    }

    fn remove_phone(&mut self) -> Outcomes<()> {
        let id = self.site.base.text(&format!(
            "select id from mfa_totp where label = 'phone' and account_id = {}",
            id_of(&self.person.name)
        ))?;
        self.next.apps.retain(|app| app.label != "phone");
        self.post("/accounts/2fa/totp/deactivate/", &[("id", &id)])
            .map(drop)
    }

    fn change_password(&mut self) -> Outcomes<()> {
        let old = std::mem::replace(&mut self.next.password, NEW_PASSWORD.to_owned());
        self.next.old_password = Some(old.clone());
        let fields = [("password", old.as_str()), ("new_password", NEW_PASSWORD)];
        self.post("/accounts/password/change/", &fields).map(drop)
    }

    fn confirm_identity(&mut self) -> Outcomes<()> {
        let code = self.app_code()?;
        self.post("/accounts/reauthenticate/", &[("code", &code)])
            .map(drop)
    }

    fn sign_out(&mut self) -> Outcomes<()> {
        self.post("/accounts/logout/", &[]).map(drop)
    }
}

/// What stands between two texts.
pub fn between<'t>(text: &'t str, from: &str, to: &str) -> Option<&'t str> {
    Some(text.split_once(from)?.1.split_once(to)?.0)
}
