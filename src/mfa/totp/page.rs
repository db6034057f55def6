//! The pages that set up and remove authenticator apps.

use leptos::prelude::*;

use super::{
    Deactivation, Enrolment, Qr,
    api::{deactivation, enrolment},
};
use crate::ui::{
    CodeField, CopyButton, Notice, Page, Refused, Tone,
    form::{self, Field},
};

/// Sets an authenticator app up.
#[component]
pub fn ActivatePage() -> impl IntoView {
    let open = Resource::new_blocking(|| (), |()| enrolment());
    view! {
        <Page heading="Add an authenticator app" back="/accounts/2fa/">
            <Suspense>
                {Suspend::new(async move {
                    open.await.map_or_else(
                        |error| view! { <Refused error/> }.into_any(),
                        |enrolment| view! { <Activate enrolment/> }.into_any(),
                    )
                })}
            </Suspense>
        </Page>
    }
}

#[component]
fn Activate(enrolment: Enrolment) -> impl IntoView {
    let Enrolment {
        secret,
        uri,
        qr,
        digits,
        makes_recovery_codes,
    } = enrolment;
    view! {
        <ol class="steps">
            <li>
                <p>"Scan this code with your authenticator app."</p>
                <QrImage qr/>
                <details>
                    <summary>"Cannot scan it?"</summary>
                    <p>"On this device, " <a href=uri>"open it in your authenticator app"</a> ". Or enter this secret key:"</p>
                    <p class="secret"><code id="secret">{secret.clone()}</code> <CopyButton text=secret.replace(' ', "") what="secret key"/></p>
                </details>
            </li>
            <li>
                <p>"Enter the code that the app shows."</p>
                <form method="post" action="/accounts/2fa/totp/activate/">
                    <Field name="name" label="Name of the device (optional)" autocomplete="off" optional=true hint="For you to tell it apart, such as: phone"/>
                    <CodeField label="Code" digits fault=form::at_fault("code") first=true/>
                    <button>"Turn on"</button>
                </form>
            </li>
        </ol>
        <p class="small">
            {makes_recovery_codes.then_some("Recovery codes are made with your first factor and shown next. ")}
            "All other sessions will be ended: every browser but this one has to sign in again."
        </p>
        <form method="post" action="/accounts/2fa/totp/activate/new-secret/">
            <button class="quiet">"Start over with a new secret"</button>
        </form>
    }
}

#[component]
fn QrImage(qr: Qr) -> impl IntoView {
    let box_ = format!("0 0 {0} {0}", qr.side);
    view! {
        <svg class="qr" role="img" aria-label="QR code of the secret key" viewBox=box_ shape-rendering="crispEdges">
            <rect width="100%" height="100%" fill="#fff"/>
            <path d=qr.path fill="#000"/>
        </svg>
    }
}

/// Asks before an authenticator app is removed.
#[component]
pub fn DeactivatePage() -> impl IntoView {
    let what = Resource::new_blocking(|| (), |()| deactivation());
    view! {
        <Page heading="Deactivate authenticator app?" back="/accounts/2fa/">
            <Suspense>
                {Suspend::new(async move {
                    what.await.map_or_else(
                        |error| view! { <Refused error/> }.into_any(),
                        |deactivation| view! { <Deactivate deactivation/> }.into_any(),
                    )
                })}
            </Suspense>
        </Page>
    }
}

#[component]
fn Deactivate(deactivation: Deactivation) -> impl IntoView {
    let Deactivation {
        devices,
        is_last,
        forbidden,
    } = deactivation;
    if forbidden {
        return view! {
            <Notice tone=Tone::Warning>
                <p>"This site asks for a second factor, so the last one cannot be removed. Add another first."</p>
            </Notice>
            <p><a href="/accounts/2fa/totp/activate/">"Add another authenticator app"</a></p>
        }
        .into_any();
    }
    let one = devices.len() == 1;
    let choices = devices
        .into_iter()
        .map(|device| {
            if one {
                view! {
                    <p>"Codes of " <strong>"“" {device.label} "”"</strong> ", added " {device.added} ", will not work any more."</p>
                    <input type="hidden" name="id" value=device.id/>
                }
                .into_any()
            } else {
                view! {
                    <label class="choice">
                        <input type="radio" name="id" value=device.id required/>
                        <span>{device.label} <span class="small">" added " {device.added}</span></span>
                    </label>
                }
                .into_any()
            }
        })
        .collect_view();
    view! {
        {is_last.then(|| view! {
            <Notice tone=Tone::Warning>
                <p>"This is your only factor. Your recovery codes go with it, and your password alone will sign you in."</p>
            </Notice>
        })}
        <form method="post" action="/accounts/2fa/totp/deactivate/">
            {if one { choices.into_any() } else {
                view! { <fieldset><legend>"Which one?"</legend>{choices}</fieldset> }.into_any()
            }}
            <p class="small">"All other sessions will be ended: every browser but this one has to sign in again."</p>
            <button>"Deactivate"</button>
        </form>
        <p class="beside"><a href="/accounts/2fa/">"Keep it"</a></p>
    }
    .into_any()
}
