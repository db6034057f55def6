//! The page that carries a ticket over to another site.

use leptos::prelude::*;

use super::{Brand, Frame};

/// A whole document with a form that sends itself, for the server to render with `to_html`.
#[component]
pub fn CrossingPage(
    /// The address on the other host.
    action: String,
    /// Where it leads, in a few words.
    title: String,
    /// What is carried over.
    ticket: String,
    /// The nonce of the answer.
    nonce: String,
    /// The address of the stylesheet.
    stylesheet: String,
    /// The words of the head.
    brand: Brand,
) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <title>{brand.title(&title)}</title>
                <link rel="stylesheet" href=stylesheet/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
            </head>
            <body>
                <Frame brand>
                    <h1>{title}</h1>
                    <p>"You are signed in. If nothing happens, press the button."</p>
                    <form method="post" action=action>
                        <input type="hidden" name="ticket" value=ticket/>
                        <button type="submit">"Continue"</button>
                    </form>
                    <script nonce=nonce>"document.forms[0].submit()"</script>
                </Frame>
            </body>
        </html>
    }
}
