//! The re-authentication page.

use leptos::prelude::*;

use super::{Question, api::question};
use crate::{
    mfa::authenticate::page::CodeForms,
    ui::{Page, PasswordField, Refused, form},
};

/// Asks who it is before something sensitive.
#[component]
pub fn ReauthPage() -> impl IntoView {
    let typed = form::typed("next");
    let asked = Resource::new_blocking(move || typed.clone(), question);
    view! {
        <Page heading="Confirm that it is you">
            <Suspense>
                {Suspend::new(async move {
                    asked.await.map_or_else(
                        |error| view! { <Refused error/> }.into_any(),
                        |question| view! { <Ask question/> }.into_any(),
                    )
                })}
            </Suspense>
        </Page>
    }
}

#[component]
fn Ask(question: Question) -> impl IntoView {
    const ACTION: &str = "/accounts/reauthenticate/";
    let Question {
        purpose,
        username,
        factors,
        next,
    } = question;
    let back = next.clone().unwrap_or_else(|| "/".to_owned());
    let forms = match factors {
        Some(offer) => view! { <CodeForms offer action=ACTION button="Confirm" purpose="reauthenticate" next/> }.into_any(),
        None => view! {
            <form method="post" action=ACTION>
                {next.map(|next| view! { <input type="hidden" name="next" value=next/> })}
                <input type="text" autocomplete="username" value=username readonly hidden/>
                <PasswordField name="password" label="Password" fault=form::at_fault("password") first=true/>
                <button>"Confirm"</button>
            </form>
        }
        .into_any(),
    };
    view! {
        <p>"What you are about to do: " <strong>{purpose}</strong></p>
        {forms}
        <p class="beside"><a href=cancel(&back)>"Cancel"</a></p>
    }
}

/// Where somebody goes who does not confirm: the page would only ask again, so what is above it.
fn cancel(next: &str) -> &'static str {
    if next.starts_with("/accounts/2fa/") {
        "/accounts/2fa/"
    } else {
        "/"
    }
}
