//! The sign-in page.

use leptos::prelude::*;

use super::api::{destination, takes_passkey};
use crate::ui::{
    KeyButton, Page, PasswordField, Refused,
    form::{self, Field},
};

/// Signs in by username or e-mail address and password.
#[component]
pub fn LoginPage() -> impl IntoView {
    let refused = form::failure().is_some();
    let next = Resource::new_blocking(
        || (),
        move |()| async move {
            if refused {
                Ok(None)
            } else {
                destination().await
            }
        },
    );
    let passkey = Resource::new_blocking(|| (), |()| takes_passkey());
    view! {
        <Page heading="Sign in">
            <Suspense>
                {Suspend::new(async move {
                    let passkey = passkey.await.unwrap_or_default();
                    let (next, error) = next.await.map_or_else(|error| (None, Some(error)), |next| (next, None));
                    view! {
                        {error.map(|error| view! { <Refused error/> })}
                        <LoginForm next=form::typed("next").or(next) passkey/>
                    }
                })}
            </Suspense>
        </Page>
    }
}

/// The form.
#[component]
fn LoginForm(
    /// Where to go on to.
    next: Option<String>,
    /// Whether a passkey alone signs in.
    passkey: bool,
) -> impl IntoView {
    let autocomplete = if passkey {
        "username webauthn"
    } else {
        "username"
    };
    let after = next.clone();
    let fault = form::at_fault("password") || form::at_fault("new_password");
    view! {
        <form method="post" action="/accounts/login/">
            {next.map(|next| view! { <input type="hidden" name="next" value=next/> })}
            <Field name="login" label="Username or e-mail" autocomplete first=true/>
            <PasswordField name="password" label="Password" fault/>
            <button>"Sign in"</button>
        </form>
        {passkey.then(|| view! {
            <KeyButton purpose="passkey" next=after label="Sign in with a passkey" fill_in=true quiet=true/>
        })}
    }
}
