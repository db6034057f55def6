//! The sign-in page.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::ui::{
    Page, PasswordField,
    form::{self, Field},
};

/// Signs in by username or e-mail address and password.
#[component]
pub fn LoginPage() -> impl IntoView {
    let asked = use_query_map().with_untracked(|query| query.get("next"));
    // the server looks closer; this only keeps what is plainly no path out of the page
    let next = form::typed("next")
        .or(asked)
        .filter(|next| next.starts_with('/'));
    let fault = form::at_fault("password") || form::at_fault("new_password");
    view! {
        <Page heading="Sign in">
            <form method="post" action="/accounts/login/">
                {next.map(|next| view! { <input type="hidden" name="next" value=next/> })}
                <Field name="login" label="Username or e-mail" autocomplete="username" first=true/>
                <PasswordField name="password" label="Password" fault/>
                <button>"Sign in"</button>
            </form>
        </Page>
    }
}
