//! From a request to what a flow needs, and from a flow's outcome back to an answer.
//!
//! Server functions use this room and the flows; nothing else here knows Leptos' contexts.

use std::sync::Arc;

use axum::http::{HeaderValue, Method, StatusCode, header, request::Parts};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use tokio::sync::OnceCell;

use crate::{
    auth::{
        attempts::flow as attempts,
        devices::flow as devices,
        sessions::flow::{self as sessions, Admin, Enroller, Holder, RecentAdmin},
    },
    crypto::{
        passwords::{HashingError, Password},
        token::Token,
    },
    error::Error,
    gate::flow::Decisions,
    mfa::ceremonies::flow as ceremonies,
    services::{Client, FlowError, Services},
    store::StoreError,
};

pub(crate) mod cookies;
mod return_path;

use cookies::Cookie;
pub use return_path::ReturnPath;

/// The services of this process.
///
/// # Errors
/// [`Error::Internal`] outside a request.
pub fn services() -> Result<Services, Error> {
    use_context().ok_or(Error::Internal)
}

/// What the login gate of this process lately decided.
///
/// # Errors
/// [`Error::Internal`] outside a request.
pub fn decisions() -> Result<Decisions, Error> {
    use_context().ok_or(Error::Internal)
}

/// Who sends this request, as the client-address layer found it.
///
/// # Errors
/// [`Error::Internal`] outside a request.
pub fn client() -> Result<Client, Error> {
    parts()?.extensions.get().cloned().ok_or(Error::Internal)
}

/// Whoever holds a live session, whatever they may do in it.
///
/// # Errors
/// [`Error::SignInFirst`]; a page is then already on its way to the sign-in page.
pub async fn holder() -> Result<(Services, Holder), Error> {
    match visitor().await? {
        Some(found) => Ok(found),
        None => Err(lead(Error::SignInFirst)?),
    }
}

/// The signed-in administrator who sends this request.
///
/// # Errors
/// As [`holder`]; [`Error::EnrolFirst`] for whoever must add a factor first: a page then leads there.
pub async fn admin() -> Result<(Services, Admin), Error> {
    let (services, holder) = holder().await?;
    match holder.admin(&services) {
        Ok(admin) => Ok((services, admin)),
        Err(error) => Err(lead(error)?),
    }
}

/// The administrator who sends this request and has confirmed lately who they are.
///
/// # Errors
/// As [`admin`]; [`Error::ConfirmFirst`]: a page then leads to where that is done, and back.
pub async fn recent_admin() -> Result<(Services, RecentAdmin), Error> {
    let (services, admin) = admin().await?;
    match admin.recent(&services) {
        Ok(recent) => Ok((services, recent)),
        Err(error) => Err(lead(error)?),
    }
}

/// Whoever may add a factor: they have confirmed lately who they are.
///
/// # Errors
/// As [`holder`]; [`Error::ConfirmFirst`].
pub async fn enroller() -> Result<(Services, Enroller), Error> {
    let (services, holder) = holder().await?;
    match holder.enroller(&services) {
        Ok(enroller) => Ok((services, enroller)),
        Err(error) => Err(lead(error)?),
    }
}

/// Sends a page on to where the error is cured; a form or a program gets its status.
fn lead(error: Error) -> Result<Error, Error> {
    let parts = parts()?;
    if matches!(parts.method, Method::GET | Method::HEAD) {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        if let Some(cure) = cure(error, path) {
            go(&cure)?;
        }
    } else {
        let status = StatusCode::from_u16(error.status()).map_err(|_| Error::Internal)?;
        options()?.set_status(status);
    }
    Ok(error)
}

/// The page where an error is cured, to come back to `path` afterwards.
#[must_use]
pub fn cure(error: Error, path: &str) -> Option<String> {
    match error {
        Error::SignInFirst => Some(sign_in_path(path)),
        Error::ConfirmFirst => Some(match ReturnPath::parse(path) {
            Some(next) => format!("/accounts/reauthenticate/?next={}", next.encoded()),
            None => "/accounts/reauthenticate/".to_owned(),
        }),
        Error::EnrolFirst => Some("/accounts/2fa/".to_owned()),
        Error::AttemptOver => Some("/accounts/login/?done=attempt-over".to_owned()),
        _ => None,
    }
}

/// The sign-in page's address, to come back to `path` afterwards.
#[must_use]
pub fn sign_in_path(path: &str) -> String {
    match ReturnPath::parse(path) {
        Some(next) if next.as_str() != "/" => format!("/accounts/login/?next={}", next.encoded()),
        _ => "/accounts/login/".to_owned(),
    }
}

/// The second step's address, to go on to `next` afterwards.
#[must_use]
pub fn second_step_path(next: Option<&str>) -> String {
    match next.and_then(ReturnPath::parse) {
        Some(next) if next.as_str() != "/" => {
            format!("/accounts/2fa/authenticate/?next={}", next.encoded())
        }
        _ => "/accounts/2fa/authenticate/".to_owned(),
    }
}

/// Turns a page's failure into what the person is told, and leads them to where it is cured.
///
/// # Errors
/// [`Error::Internal`] outside a request.
pub fn lead_on(failure: FlowError) -> Result<Error, Error> {
    let error = refuse(failure);
    lead(error)
}

/// Who sends a request: asked for once, however many parts its page has.
#[derive(Clone, Default)]
pub struct Visit(Arc<OnceCell<Option<Holder>>>);

/// Who sends this request, if they are signed in.
///
/// # Errors
/// [`Error::Unavailable`] when the database does not answer: nobody is let in then.
pub async fn visitor() -> Result<Option<(Services, Holder)>, Error> {
    let (services, client) = (services()?, client()?);
    let Visit(found) = use_context().ok_or(Error::Internal)?;
    let Some(token) = cookies::find(&parts()?.headers, Cookie::Session) else {
        return Ok(None);
    };
    let found = found
        .get_or_try_init(|| sessions::find(&services, &client, &token))
        .await
        .map_err(refuse)?;
    Ok(found.clone().map(|who| (services, who)))
}

/// Ends the session that this browser had before it signed in again.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn sign_out_previous(services: &Services, client: &Client) -> Result<(), Error> {
    if let Some((_, who)) = visitor().await? {
        sessions::sign_out(services, client, &who)
            .await
            .map_err(refuse)?;
    }
    Ok(())
}

/// The token that marks this browser as known, if it brings one.
///
/// # Errors
/// [`Error::Internal`] outside a request.
pub fn device() -> Result<Option<Token>, Error> {
    Ok(cookies::find(&parts()?.headers, Cookie::Device))
}

/// A password as typed.
///
/// # Errors
/// [`Error::PasswordTooLong`], before anything is hashed.
pub fn password(text: String) -> Result<Password, Error> {
    Password::parse(text).map_err(|_| Error::PasswordTooLong)
}

/// A token as it stands in a link.
#[must_use]
pub fn token(text: &str) -> Option<Token> {
    Token::parse(text)
}

/// A value of the address's query.
#[must_use]
pub fn query(name: &str) -> Option<String> {
    let parts = parts().ok()?;
    let query = parts.uri.query()?;
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

/// Gives the browser a session's token.
///
/// # Errors
/// [`Error::Internal`] outside a request.
pub fn set_session(token: &Token) -> Result<(), Error> {
    append(header::SET_COOKIE, &Cookie::Session.set(token, None))
}

/// The token of a sign-in under way, if this browser brings one.
///
/// # Errors
/// [`Error::Internal`] outside a request.
pub fn attempt() -> Result<Option<Token>, Error> {
    Ok(cookies::find(&parts()?.headers, Cookie::Attempt))
}

/// Gives the browser the token of a sign-in under way, or takes it.
///
/// # Errors
/// [`Error::Internal`] outside a request.
pub fn set_attempt(token: Option<&Token>) -> Result<(), Error> {
    let value = match token {
        Some(token) => Cookie::Attempt.set(token, Some(attempts::LIFETIME)),
        None if cookies::is_there(&parts()?.headers, Cookie::Attempt) => Cookie::Attempt.clear(),
        None => return Ok(()),
    };
    append(header::SET_COOKIE, &value)
}

/// The token of a browser that was asked for a passkey before anybody is known.
///
/// # Errors
/// [`Error::Internal`] outside a request.
pub fn ceremony() -> Result<Option<Token>, Error> {
    Ok(cookies::find(&parts()?.headers, Cookie::Ceremony))
}

/// The same, given now to a browser that has none.
///
/// # Errors
/// [`Error::Internal`] outside a request or without randomness.
pub fn ceremony_or_new(services: &Services) -> Result<Token, Error> {
    let token = match ceremony()? {
        Some(token) => token,
        None => Token::generate(&services.random).map_err(|error| refuse(error.into()))?,
    };
    append(
        header::SET_COOKIE,
        &Cookie::Ceremony.set(&token, Some(ceremonies::LIFETIME)),
    )?;
    Ok(token)
}

/// The part of the path that names one of several things, where the route has one.
///
/// # Errors
/// [`Error::NotFound`].
pub fn id_in_path() -> Result<String, Error> {
    let parts = parts()?;
    let id = parts.extensions.get::<IdInPath>();
    Ok(id.ok_or(Error::NotFound)?.0.clone())
}

/// The part of a path that stands for `{id}` in its route.
#[derive(Clone)]
pub struct IdInPath(pub String);

/// Whether the request wants to see what it asks for: no `HEAD`, and no fetch ahead of a visit.
///
/// # Errors
/// [`Error::Internal`] outside a request.
pub fn is_looked_at() -> Result<bool, Error> {
    let parts = parts()?;
    let ahead = ["sec-purpose", "purpose"].iter().any(|name| {
        let value = parts.headers.get(*name);
        value.is_some_and(|value| value.to_str().unwrap_or_default().contains("prefetch"))
    });
    Ok(parts.method != Method::HEAD && !ahead)
}

/// Marks the browser as known.
///
/// # Errors
/// [`Error::Internal`] outside a request.
pub fn set_device(token: Option<&Token>) -> Result<(), Error> {
    match token {
        Some(token) => append(
            header::SET_COOKIE,
            &Cookie::Device.set(token, Some(devices::LIFETIME)),
        ),
        None => Ok(()),
    }
}

/// Takes the session's token and whatever pages have stored from the browser.
///
/// # Errors
/// [`Error::Internal`] outside a request.
pub fn clear_session() -> Result<(), Error> {
    // The cookie goes on the sign-in page, see `forget_dead_session`.
    append(header::SET_COOKIE, &Cookie::Session.end())?;
    // not "cookies": that would forget the known browser too, and with it its lane
    append(
        header::HeaderName::from_static("clear-site-data"),
        "\"cache\", \"storage\"",
    )
}

/// Removes a session cookie that opens nothing.
///
/// Browsers keep whole pages to go back to, and drop those that were marked `no-store` only when a
/// cookie changes while *another* page is shown. So signing out leaves a word in the cookie, and
/// the sign-in page, to which it leads, removes it.
///
/// # Errors
/// [`Error::Internal`] outside a request.
pub fn forget_dead_session() -> Result<(), Error> {
    if cookies::is_there(&parts()?.headers, Cookie::Session) {
        append(header::SET_COOKIE, &Cookie::Session.clear())?;
    }
    Ok(())
}

/// Answers with a redirect to a path of this site.
///
/// # Errors
/// [`Error::Internal`] outside a request or for a path that is none.
pub fn go(path: &str) -> Result<(), Error> {
    let options = options()?;
    let location = HeaderValue::from_str(path).map_err(|_| Error::Internal)?;
    options.insert_header(header::LOCATION, location);
    options.set_status(StatusCode::SEE_OTHER);
    Ok(())
}

/// Answers with a redirect to where the person was going, if that is a path of this site, else home.
///
/// # Errors
/// [`Error::Internal`] outside a request.
pub fn go_next(next: Option<&str>) -> Result<(), Error> {
    go(next
        .and_then(ReturnPath::parse)
        .unwrap_or_default()
        .as_str())
}

/// Turns a flow's failure into what the person is told, logs a cause once, and sets the status.
#[must_use]
#[expect(
    clippy::needless_pass_by_value,
    reason = "it ends here: `map_err(request::refuse)`"
)]
pub fn refuse(failure: FlowError) -> Error {
    let error = match &failure {
        FlowError::Refused(error) => *error,
        FlowError::Store(StoreError::Unavailable(_)) => Error::Unavailable,
        FlowError::Hashing(HashingError::Busy) => Error::Busy,
        FlowError::Opening(_) => Error::FactorUnreadable,
        _ => Error::Internal,
    };
    if error.status() >= 500 {
        tracing::error!(
            error = &failure as &dyn std::error::Error,
            "a request failed"
        );
    }
    if let (Ok(options), Ok(status)) = (options(), StatusCode::from_u16(error.status())) {
        options.set_status(status);
    }
    error
}

fn parts() -> Result<Parts, Error> {
    use_context().ok_or(Error::Internal)
}

fn options() -> Result<ResponseOptions, Error> {
    use_context().ok_or(Error::Internal)
}

fn append(name: header::HeaderName, value: &str) -> Result<(), Error> {
    options()?.append_header(
        name,
        HeaderValue::from_str(value).map_err(|_| Error::Internal)?,
    );
    Ok(())
}
