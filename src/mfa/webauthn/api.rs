//! The server functions of security keys and passkeys. Those of a ceremony take and answer JSON.

use leptos::{prelude::*, server_fn::codec::Json};
use serde_json::Value;

use super::{Key, Keys, Removal};
use crate::error::Error;

/// What the browser is asked: `PublicKeyCredentialCreationOptionsJSON` as `publicKey`.
#[server(prefix = "/api", endpoint = "webauthn/registration/start", input = Json, output = Json)]
pub async fn start_registration(
    /// `passkey` or `security_key`; without it, whatever the authenticator makes of it.
    kind: Option<String>,
) -> Result<Value, Error> {
    use crate::{mfa::webauthn::flow, request};
    let (services, who) = request::enroller().await?;
    flow::start_registration(&services, &who, &kind.unwrap_or_default())
        .await
        .map_err(request::refuse)
}

/// Adds the key that the answer, a `RegistrationResponseJSON`, is of. Says its `id`, and where to go
/// on to as `redirect`.
#[server(prefix = "/api", endpoint = "webauthn/registration/finish", input = Json, output = Json)]
pub async fn finish_registration(
    /// What its owner calls it.
    name: Option<String>,
    /// The answer.
    credential: Option<Value>,
) -> Result<Value, Error> {
    use crate::{mfa::webauthn::flow, request};
    let (services, who) = request::enroller().await?;
    let (client, name) = (request::client()?, name.unwrap_or_default());
    let credential = credential.unwrap_or_default();
    let (id, change) = flow::register(&services, &client, &who, &name, &credential)
        .await
        .map_err(request::refuse)?;
    request::set_session(&change.token)?;
    let redirect = if change.made_codes {
        "/accounts/2fa/recovery-codes/?done=key-added"
    } else {
        "/accounts/2fa/webauthn/?done=key-added"
    };
    Ok(serde_json::json!({ "id": id, "redirect": redirect }))
}

/// All keys of the caller.
#[server(name = ReadKeys, prefix = "/api", endpoint = "webauthn/keys")]
pub async fn keys() -> Result<Keys, Error> {
    use crate::{mfa::webauthn::flow, request};
    let (services, who) = request::holder().await?;
    let changed = request::query("done").is_some();
    flow::keys(&services, &who, changed)
        .await
        .map_err(request::refuse)
}

/// Whether the caller may add a key now.
#[server(prefix = "/api", endpoint = "webauthn/addition")]
pub async fn may_add() -> Result<(), Error> {
    use crate::{mfa::webauthn::flow, request};
    let (services, _) = request::enroller().await?;
    flow::supported(&services).map_err(|error| request::refuse(error.into()))
}

/// The key that the page is about.
#[server(name = ReadKey, prefix = "/api", endpoint = "webauthn/key")]
pub async fn key() -> Result<Key, Error> {
    use crate::{mfa::webauthn::flow, request};
    let (services, who) = request::recent_admin().await?;
    flow::key(&services, &who, &request::id_in_path()?)
        .await
        .map_err(request::refuse)
}

/// Renames a key.
#[server(prefix = "/accounts", endpoint = "2fa/webauthn/{id}/edit/")]
pub async fn rename_key(
    /// Its new name.
    name: String,
) -> Result<(), Error> {
    use crate::{mfa::webauthn::flow, request};
    let (services, who) = request::recent_admin().await?;
    let id = request::id_in_path()?;
    flow::rename(&services, &request::client()?, &who, &id, &name)
        .await
        .map_err(request::refuse)?;
    request::go("/accounts/2fa/webauthn/?done=key-renamed")
}

/// What removing the key that the page is about means.
#[server(name = ReadRemoval, prefix = "/api", endpoint = "webauthn/removal")]
pub async fn removal() -> Result<Removal, Error> {
    use crate::{mfa::webauthn::flow, request};
    let (services, who) = request::recent_admin().await?;
    flow::removal(&services, &who, &request::id_in_path()?)
        .await
        .map_err(request::refuse)
}

/// Removes a key.
#[server(prefix = "/accounts", endpoint = "2fa/webauthn/{id}/remove/")]
pub async fn remove_key() -> Result<(), Error> {
    use crate::{mfa::webauthn::flow, request};
    let (services, who) = request::recent_admin().await?;
    let id = request::id_in_path()?;
    let token = flow::remove(&services, &request::client()?, &who, &id)
        .await
        .map_err(request::refuse)?;
    request::set_session(&token)?;
    request::go("/accounts/2fa/webauthn/?done=key-removed")
}
