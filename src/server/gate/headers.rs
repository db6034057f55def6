//! What a site is told of who is there.

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::{
    auth::sessions::flow::Holder,
    gate::{
        Role,
        flow::{level, roles},
    },
};

/// Every header by which a site knows a person. All are set on every answer.
pub(crate) const IDENTITY: [&str; 8] = [
    "remote-user",
    "remote-email",
    "remote-name",
    "remote-groups",
    "remote-auth-method",
    "remote-auth-time",
    "remote-auth-level",
    "x-inmor-assertion",
];

/// Adds them, empty without a visitor.
pub(super) fn identify(headers: &mut HeaderMap, visitor: Option<(&Holder, String)>) {
    let values = visitor.map_or_else(Default::default, |(visitor, assertion)| {
        let roles: Vec<_> = roles(visitor).into_iter().map(Role::as_str).collect();
        [
            visitor.username().to_owned(),
            visitor.email().to_owned(),
            visitor.full_name().to_owned(),
            roles.join(","),
            visitor.methods().to_owned(),
            visitor.authenticated_at().to_string(),
            level(visitor.methods()).to_string(),
            assertion,
        ]
    });
    for (name, value) in IDENTITY.into_iter().zip(values) {
        headers.insert(HeaderName::from_static(name), text(&value));
    }
}

/// UTF-8 as it is; a control character, which no header may hold, is left out.
fn text(value: &str) -> HeaderValue {
    let plain: String = value
        .chars()
        .filter(|letter| !letter.is_control())
        .collect();
    HeaderValue::from_bytes(plain.as_bytes()).unwrap_or_else(|_| HeaderValue::from_static(""))
}
