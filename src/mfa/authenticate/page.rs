//! The page of the second step, and the forms that ask for a code.

use leptos::prelude::*;

use super::{Offer, api::offer};
use crate::ui::{
    CodeField, KeyButton, Notice, Page, Refused, Tone,
    form::{self, Field},
};

/// The second step of signing in.
#[component]
pub fn AuthenticatePage() -> impl IntoView {
    let offered = Resource::new_blocking(|| (), |()| offer());
    let next = form::typed("next").or_else(|| form::query("next"));
    view! {
        <Page heading="Confirm your sign-in">
            <Suspense>
                {Suspend::new(async move {
                    offered.await.map_or_else(
                        |error| view! { <Refused error/> }.into_any(),
                        |offer| view! {
                            <CodeForms offer action="/accounts/2fa/authenticate/" button="Sign in" purpose="second_factor" next/>
                            <form method="post" action="/accounts/2fa/authenticate/cancel/" class="beside">
                                <button class="quiet">"Start again"</button>
                            </form>
                        }.into_any(),
                    )
                })}
            </Suspense>
        </Page>
    }
}

/// What an account can confirm itself with: a key first, for nobody can phish its answer.
#[component]
pub fn CodeForms(
    /// What the account has.
    offer: Offer,
    /// Where the forms are sent.
    action: &'static str,
    /// What the button says.
    button: &'static str,
    /// What the answer of a key is for.
    purpose: &'static str,
    /// Where to go on to.
    next: Option<String>,
) -> impl IntoView {
    let after = next.clone();
    let hidden = move || {
        next.clone()
            .map(|next| view! { <input type="hidden" name="next" value=next/> })
    };
    let only_recovery = !offer.totp;
    // both fields are called `code`; this one's form says that it was meant
    let by_recovery = form::typed("kind").is_some();
    let fault = form::at_fault("code") && !by_recovery;
    let none = !offer.totp && !offer.recovery_codes && !offer.webauthn;
    let recovery = {
        let hidden = hidden.clone();
        move || {
            view! {
                <form method="post" action=action>
                    {hidden()}
                    <input type="hidden" name="kind" value="recovery-code"/>
                <Field name="code" id="recovery-code" label="Recovery code" autocomplete="off" first=only_recovery && !offer.webauthn blameless=!by_recovery/>
                    <button class=if only_recovery { "" } else { "quiet" }>{button}</button>
                </form>
            }
        }
    };
    view! {
        {offer.webauthn.then(|| view! {
            <KeyButton purpose next=after label="Use a security key or passkey"/>
            <p class="small" id="without-scripts">"Security keys need JavaScript, which is off in this browser. Use another way."</p>
        })}
        {offer.totp.then(|| view! {
            <form method="post" action=action>
                {hidden()}
                <CodeField label="Code from your authenticator app" digits=offer.digits fault first=!by_recovery && !offer.webauthn/>
                <button>{button}</button>
            </form>
        })}
        {offer.totp_closed.then(|| view! {
            <Notice tone=Tone::Warning>
                <p>"Your authenticator app is closed after too many wrong codes. Use another way; then set it up anew."</p>
            </Notice>
        })}
        {offer.recovery_codes.then(|| if only_recovery {
            view! { {recovery()} }.into_any()
        } else {
            view! {
                <details open=by_recovery>
                    <summary>"Use a recovery code"</summary>
                    {recovery()}
                </details>
            }.into_any()
        })}
        {none.then(|| view! {
            <Notice tone=Tone::Failure>
                <p>"No way of confirming is left for this account. Ask your operator to reset its second factor."</p>
            </Notice>
        })}
    }
}
