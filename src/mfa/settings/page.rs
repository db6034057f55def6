//! The settings page.

use leptos::prelude::*;

use super::{Overview, RecoveryCodes, api::settings};
use crate::{
    audit::notices::page::Notices,
    mfa::{
        recovery_codes::{SetStanding, page::Left},
        totp::Device,
        webauthn::{Key, page::KeyFacts},
    },
    ui::{Notice, Page, Refused, Tone},
};

/// All methods of an account.
#[component]
pub fn SettingsPage() -> impl IntoView {
    let overview = Resource::new_blocking(|| (), |()| settings());
    view! {
        <Page heading="MFA Settings" wide=true back="/">
            <Notices here="/accounts/2fa/"/>
            <Suspense>
                {Suspend::new(async move {
                    overview.await.map_or_else(
                        |error| view! { <Refused error/> }.into_any(),
                        |overview| view! { <Methods overview/> }.into_any(),
                    )
                })}
            </Suspense>
        </Page>
    }
}

#[component]
fn Methods(overview: Overview) -> impl IntoView {
    view! {
        {overview.must_enrol.then(|| view! {
            <Notice tone=Tone::Warning>
                <p>"This site asks for a second factor. Add one to go on."</p>
            </Notice>
        })}
        {overview.development_key.then(|| view! {
            <Notice tone=Tone::Warning>
                <p>"Secrets on this server are sealed with the development key, which everybody knows. Tell your operator to set MFA_ENCRYPTION_KEY."</p>
            </Notice>
        })}
        {overview.totp.map(|devices| view! { <Apps devices/> })}
        {overview.webauthn.map(|keys| view! { <Keys keys/> })}
        {overview.recovery_codes.map(|codes| view! { <Codes codes/> })}
        {overview.must_enrol.then(|| view! {
            <form method="post" action="/accounts/logout/"><button class="quiet">"Sign out"</button></form>
        })}
    }
}

#[component]
fn Apps(devices: Vec<Device>) -> impl IntoView {
    let none = devices.is_empty();
    view! {
        <section aria-labelledby="apps">
            <h2 id="apps">"Authenticator app"</h2>
            {none.then(|| view! {
                <p>"Not set up. An app on your phone shows a new code every half minute, which you enter after your password."</p>
            })}
            <ul class="devices">{devices.into_iter().map(|device| view! { <App device/> }).collect_view()}</ul>
            <p><a class="button" href="/accounts/2fa/totp/activate/">
                {if none { "Set up an authenticator app" } else { "Add another authenticator app" }}
            </a></p>
        </section>
    }
}

#[component]
fn App(device: Device) -> impl IntoView {
    let Device {
        id,
        label,
        added,
        last_used,
        closed,
        exposed,
    } = device;
    let address = format!("/accounts/2fa/totp/deactivate/?id={id}");
    view! {
        <li>
            <h3>{label.clone()}</h3>
            {exposed.then(|| view! {
                <Notice tone=Tone::Warning>
                    <p>"The secret of this app was once kept under a key that everybody knows. Add the app anew, then deactivate this one."</p>
                </Notice>
            })}
            <dl class="facts">
                <div><dt>"State"</dt><dd>{if closed { "Closed after too many wrong codes: deactivate it and add it anew" } else { "Active" }}</dd></div>
                <div><dt>"Added"</dt><dd>{added}</dd></div>
                <div><dt>"Last used"</dt><dd>{last_used.unwrap_or_else(|| "Never".to_owned())}</dd></div>
            </dl>
            <p><a href=address>"Deactivate" <span class="unseen">" " {label}</span></a></p>
        </li>
    }
}

#[component]
fn Keys(keys: Vec<Key>) -> impl IntoView {
    let none = keys.is_empty();
    view! {
        <section aria-labelledby="keys">
            <h2 id="keys">"Security keys and passkeys"</h2>
            {none.then(|| view! {
                <p>"None. A key, or a passkey in your phone or computer, answers for you and cannot be phished."</p>
            })}
            <ul class="devices">{keys.into_iter().map(|key| view! {
                <li><h3>{key.name.clone()}</h3><KeyFacts key/></li>
            }).collect_view()}</ul>
            <p class="tools">
                <a class="button" href="/accounts/2fa/webauthn/add/">
                    {if none { "Add a security key or passkey" } else { "Add another key" }}
                </a>
                {(!none).then(|| view! { <a class="button quiet" href="/accounts/2fa/webauthn/">"Manage keys"</a> })}
            </p>
        </section>
    }
}

#[component]
fn Codes(codes: RecoveryCodes) -> impl IntoView {
    let RecoveryCodes { set, possible } = codes;
    let inside = match set {
        Some(set) => {
            let SetStanding {
                left,
                made,
                created,
                stored,
                closed,
                exposed,
            } = set;
            view! {
                <Left left made closed/>
                {exposed.then(|| view! {
                    <Notice tone=Tone::Warning>
                        <p>"These codes were once kept under a key that everybody knows. Make a new set."</p>
                    </Notice>
                })}
                {(!stored && left > 0).then(|| view! {
                    <Notice tone=Tone::Warning>
                        <p>"You have not said yet that you have stored them. " <a href="/accounts/2fa/recovery-codes/">"See and store them"</a>"."</p>
                    </Notice>
                })}
                <dl class="facts"><div><dt>"Made"</dt><dd>{created}</dd></div></dl>
                <p class="tools">
                    <a class="button quiet" href="/accounts/2fa/recovery-codes/">"View recovery codes"</a>
                    <a class="button quiet" href="/accounts/2fa/recovery-codes/generate/">"Make a new set"</a>
                </p>
            }
            .into_any()
        }
        None if possible => view! {
            <p>"None. They let you in when your factor is lost."</p>
            <p><a class="button" href="/accounts/2fa/recovery-codes/generate/">"Make recovery codes"</a></p>
        }
        .into_any(),
        None => view! {
            <p>"They come with your first factor, and let you in when it is lost."</p>
        }
        .into_any(),
    };
    view! {
        <section aria-labelledby="codes">
            <h2 id="codes">"Recovery codes"</h2>
            {inside}
        </section>
    }
}
