//! The sign-in page.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::api::go_on;
use crate::ui::{
    Page, PasswordField, Refused,
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
    let (refused, wanted) = (form::failure().is_some(), next.clone());
    let signed_in = Resource::new_blocking(
        || (),
        move |()| {
            let next = wanted.clone();
            async move { if refused { Ok(()) } else { go_on(next).await } }
        },
    );
    view! {
        <Page heading="Sign in">
            <Suspense>
                {Suspend::new(async move {
                    let error = signed_in.await.err();
                    view! { {error.map(|error| view! { <Refused error/> })} <LoginForm next/> }
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
) -> impl IntoView {
    let fault = form::at_fault("password") || form::at_fault("new_password");
    view! {
        <form method="post" action="/accounts/login/">
            {next.map(|next| view! { <input type="hidden" name="next" value=next/> })}
            <Field name="login" label="Username or e-mail" autocomplete="username" first=true/>
            <PasswordField name="password" label="Password" fault/>
            <button>"Sign in"</button>
        </form>
    }
}
