//! The document around a page that needs no islands.

use leptos::prelude::*;

use super::{Brand, Frame};

/// Where such a document finds its files: on the host of a site, they are below another path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// The path of the style sheet.
    pub stylesheet: String,
    /// The path of the icon.
    pub icon: String,
}

/// A whole document, for the server to render with `to_html`.
#[component]
pub fn Document(
    /// What the page is about; its heading too.
    title: String,
    /// Where its files are.
    files: Files,
    /// The words of the head.
    brand: Brand,
    /// What follows the heading.
    children: Children,
) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <title>{brand.title(&title)}</title>
                <link rel="stylesheet" href=files.stylesheet/>
                <link rel="icon" href=files.icon type="image/svg+xml"/>
            </head>
            <body>
                <Frame brand>
                    <h1>{title}</h1>
                    {children()}
                </Frame>
            </body>
        </html>
    }
}
