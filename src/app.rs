//! The document around every page, and which path shows which.

use leptos::{config::LeptosOptions, prelude::*};
use leptos_router::{
    SsrMode,
    components::{Route, Router, Routes},
    location::RequestUrl,
    path,
};

use crate::{
    auth::{
        login::page::LoginPage,
        passwords::page::PasswordPage,
        sessions::page::{HomePage, LogoutPage, SessionsPage},
        setup::page::SetupPage,
    },
    gate::page::GatePage,
    mfa::{
        authenticate::page::AuthenticatePage,
        reauth::page::ReauthPage,
        recovery_codes::page::{CodesPage, GeneratePage},
        settings::page::SettingsPage,
        totp::page::{ActivatePage, DeactivatePage},
        webauthn::page::{AddKeyPage, KeysPage, RemoveKeyPage, RenameKeyPage},
    },
    ui::{Brand, form},
};

/// The title of the page at a path, as [`Brand::title`] completes it.
fn title(path: &str) -> &'static str {
    match path {
        "/" => "Home",
        "/accounts/setup/" => "Create the first administrator",
        "/accounts/login/" => "Sign in",
        "/accounts/logout/" => "Sign out",
        "/accounts/password/change/" => "Change password",
        "/accounts/sessions/" => "Your sessions",
        "/accounts/reauthenticate/" => "Confirm that it is you",
        "/accounts/2fa/" => "MFA Settings",
        "/accounts/2fa/authenticate/" => "Confirm your sign-in",
        "/accounts/2fa/totp/activate/" => "Add an authenticator app",
        "/accounts/2fa/totp/deactivate/" => "Deactivate authenticator app",
        "/accounts/2fa/webauthn/" => "Security keys and passkeys",
        "/accounts/2fa/webauthn/add/" => "Add a key",
        "/accounts/2fa/recovery-codes/" => "Recovery codes",
        "/accounts/2fa/recovery-codes/generate/" => "New recovery codes",
        "/admin/gate/" => "Guarded sites",
        key if key.starts_with("/accounts/2fa/webauthn/") && key.ends_with("/edit/") => {
            "Rename a key"
        }
        key if key.starts_with("/accounts/2fa/webauthn/") && key.ends_with("/remove/") => {
            "Remove a key"
        }
        _ => "Page not found",
    }
}

/// The document. Pages do not set their title, for the head is written before them.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let url = use_context::<RequestUrl>().and_then(|url| url.parse().ok());
    let title = Brand::of_this_site().title(url.as_ref().map_or("Home", |url| title(url.path())));
    let title = if form::failure().is_some() {
        format!("Not accepted: {title}")
    } else {
        title
    };
    let stylesheet = format!("/{}/{}.css", options.site_pkg_dir, options.output_name);
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <title>{title}</title>
                <link rel="stylesheet" href=stylesheet/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <AutoReload options=options.clone()/>
                <HydrationScripts options islands=true/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// The routes. Every page arrives in one write, so that none waits for the network twice. Where
/// there is no page, the server answers without asking here.
#[component]
pub fn App() -> impl IntoView {
    view! {
        <Router>
            <Routes fallback=|| ()>
                <Route path=path!("/") view=HomePage ssr=SsrMode::Async/>
                <Route path=path!("/accounts/setup/") view=SetupPage ssr=SsrMode::Async/>
                <Route path=path!("/accounts/login/") view=LoginPage ssr=SsrMode::Async/>
                <Route path=path!("/accounts/logout/") view=LogoutPage ssr=SsrMode::Async/>
                <Route path=path!("/accounts/password/change/") view=PasswordPage ssr=SsrMode::Async/>
                <Route path=path!("/accounts/sessions/") view=SessionsPage ssr=SsrMode::Async/>
                <Route path=path!("/accounts/reauthenticate/") view=ReauthPage ssr=SsrMode::Async/>
                <Route path=path!("/accounts/2fa/") view=SettingsPage ssr=SsrMode::Async/>
                <Route path=path!("/accounts/2fa/authenticate/") view=AuthenticatePage ssr=SsrMode::Async/>
                <Route path=path!("/accounts/2fa/totp/activate/") view=ActivatePage ssr=SsrMode::Async/>
                <Route path=path!("/accounts/2fa/totp/deactivate/") view=DeactivatePage ssr=SsrMode::Async/>
                <Route path=path!("/accounts/2fa/webauthn/") view=KeysPage ssr=SsrMode::Async/>
                <Route path=path!("/accounts/2fa/webauthn/add/") view=AddKeyPage ssr=SsrMode::Async/>
                <Route path=path!("/accounts/2fa/webauthn/:id/edit/") view=RenameKeyPage ssr=SsrMode::Async/>
                <Route path=path!("/accounts/2fa/webauthn/:id/remove/") view=RemoveKeyPage ssr=SsrMode::Async/>
                <Route path=path!("/accounts/2fa/recovery-codes/") view=CodesPage ssr=SsrMode::Async/>
                <Route path=path!("/accounts/2fa/recovery-codes/generate/") view=GeneratePage ssr=SsrMode::Async/>
                <Route path=path!("/admin/gate/") view=GatePage ssr=SsrMode::Async/>
            </Routes>
        </Router>
    }
}
