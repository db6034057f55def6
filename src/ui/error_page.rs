//! The page of an answer that no route gives: not found, too large, a defect.

use leptos::prelude::*;

use super::{Brand, Frame};

/// A whole document without scripts, for the server to render with `to_html`.
#[component]
pub fn ErrorPage(
    /// The HTTP status.
    status: u16,
    /// What happened, in two or three words.
    title: String,
    /// What to do now.
    text: String,
    /// What to tell the operator, who finds it in the log.
    request_id: String,
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
                    <p>{text}</p>
                    <p><a href="/">"Go to the home page"</a></p>
                    <p class="small">
                        "Error " {status} ", request " <code>{request_id}</code>
                    </p>
                </Frame>
            </body>
        </html>
    }
}
