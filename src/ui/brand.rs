//! Whose service this is, as the head of every page says.

use leptos::prelude::*;

/// The words of the page head, from the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brand {
    /// Who runs the service.
    pub operator: String,
    /// What the service is called; also ends every page's title.
    pub name: String,
    /// What the service is.
    pub tagline: String,
}

impl Default for Brand {
    fn default() -> Self {
        Self {
            operator: "SUNET".to_owned(),
            name: "Inmor".to_owned(),
            tagline: "Trust Anchor Admin".to_owned(),
        }
    }
}

impl Brand {
    /// The brand that the server has provided as a context.
    #[must_use]
    pub fn of_this_site() -> Self {
        use_context().unwrap_or_default()
    }

    /// A document title, "Sign in · Inmor".
    #[must_use]
    pub fn title(&self, page: &str) -> String {
        format!("{page} · {}", self.name)
    }
}
