//! What is around the content of every page.

use leptos::prelude::*;

use super::{
    Brand,
    notice::{DoneNotice, FailureNotice},
};

/// The head with the brand, one card, and the foot.
#[component]
pub fn Frame(
    /// The words of the head.
    brand: Brand,
    /// Whether the card holds a list rather than a form.
    #[prop(optional)]
    wide: bool,
    /// What is in the card.
    children: Children,
) -> impl IntoView {
    let width = if wide { "column wide" } else { "column" };
    view! {
        <header class=width>
            <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
                <circle cx="16" cy="6.6" r="3"/>
                <path d="M16 9.6V29M11 14h10M4.5 19.5c.6 5.5 5.2 9.5 11.5 9.5s10.9-4 11.5-9.5"/>
            </svg>
            <p class="brand">
                <span class="operator">{brand.operator}</span>
                <span class="name">{brand.name}</span>
                <span class="tagline">{brand.tagline}</span>
            </p>
        </header>
        <main class=width>
            <div class="card">{children()}</div>
        </main>
        <footer class=width>
            <p>"This site sets only the cookies that signing in needs."</p>
        </footer>
    }
}

/// A page: its heading, then what came of the form that was sent or of the page before, then the rest.
#[component]
pub fn Page(
    /// The one heading of first level.
    #[prop(into)]
    heading: String,
    /// Whether the card holds a list rather than a form.
    #[prop(optional)]
    wide: bool,
    /// Where a link leads back to: home, or the settings.
    #[prop(optional)]
    back: Option<&'static str>,
    /// What follows the heading.
    children: Children,
) -> impl IntoView {
    view! {
        <Frame brand=Brand::of_this_site() wide>
            {back.map(|back| view! {
                <p class="back"><a href=back>{if back == "/" { "Home" } else { "MFA Settings" }}</a></p>
            })}
            <h1>{heading}</h1>
            <FailureNotice/>
            <DoneNotice/>
            {children()}
        </Frame>
    }
}
