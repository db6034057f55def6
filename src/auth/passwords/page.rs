//! The page that changes a password.

use leptos::prelude::*;

use super::api::least_length;
use crate::{
    audit::notices::page::Notices,
    auth::sessions::api::standing,
    error::Error,
    ui::{Page, PasswordField, Refused, form},
};

/// Changes the password of the one who asks.
#[component]
pub fn PasswordPage() -> impl IntoView {
    let who = Resource::new_blocking(|| (), |()| username_and_least_length());
    view! {
        <Page heading="Change password" back="/">
            <Notices here="/accounts/password/change/"/>
            <Suspense>
                {Suspend::new(async move {
                    who.await.map_or_else(
                        |error| view! { <Refused error/> }.into_any(),
                        |(username, least)| view! { <PasswordForm username least/> }.into_any(),
                    )
                })}
            </Suspense>
        </Page>
    }
}

async fn username_and_least_length() -> Result<(String, u32), Error> {
    let username = standing().await?.username;
    Ok((username, least_length().await?))
}

#[component]
fn PasswordForm(
    /// Whose password, for password managers.
    username: String,
    /// The least number of characters of the new one.
    least: u32,
) -> impl IntoView {
    view! {
        <p>"All other sessions will be ended: every browser but this one has to sign in again."</p>
        <form method="post" action="/accounts/password/change/">
            <input type="text" autocomplete="username" value=username readonly hidden/>
            <PasswordField name="password" label="Current password" fault=form::at_fault("password")/>
            <PasswordField name="new_password" label="New password" least fault=form::at_fault("new_password")/>
            <button>"Change password"</button>
        </form>
    }
}
