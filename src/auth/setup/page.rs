//! The first-run page.

use leptos::prelude::*;

use super::api::setup_link;
use crate::{
    auth::passwords::api::least_length,
    error::Error,
    ui::{
        Page, PasswordField, Refused,
        form::{self, Field},
    },
};

/// Creates the first administrator, for whoever has the one-time link.
#[component]
pub fn SetupPage() -> impl IntoView {
    let least = Resource::new_blocking(|| (), |()| least_length_with_link());
    view! {
        <Page heading="Create the first administrator">
            <Suspense>
                {Suspend::new(async move {
                    least.await.map_or_else(
                        |error| view! { <Refused error/> }.into_any(),
                        |least| view! { <SetupForm least/> }.into_any(),
                    )
                })}
            </Suspense>
        </Page>
    }
}

async fn least_length_with_link() -> Result<u32, Error> {
    setup_link().await?;
    least_length().await
}

/// The form. It has no `action`: the token stays in the address it is posted to.
#[component]
fn SetupForm(
    /// The least number of characters of the password.
    least: u32,
) -> impl IntoView {
    let fault = form::at_fault("password") || form::at_fault("new_password");
    view! {
        <p>"This account can do everything here. The link works once."</p>
        <form method="post">
            <Field name="login" label="Username" autocomplete="username" first=true/>
            <Field name="email" label="E-mail (optional)" kind="email" autocomplete="email" optional=true/>
            <PasswordField name="password" label="Password" least fault/>
            <button>"Create administrator"</button>
        </form>
    }
}
