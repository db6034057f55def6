//! The server functions of authentication by key; JSON in and out.

use leptos::{prelude::*, server_fn::codec::Json};
use serde_json::Value;

use super::Purpose;
use crate::error::Error;

/// What the browser is asked: `PublicKeyCredentialRequestOptionsJSON` as `publicKey`.
#[server(prefix = "/api", endpoint = "webauthn/authentication/start", input = Json, output = Json)]
pub async fn start_authentication(
    /// What for.
    purpose: Purpose,
) -> Result<Value, Error> {
    use crate::{
        mfa::{authenticate::flow as authenticate, reauth::flow as reauth},
        request,
    };
    match purpose {
        Purpose::Passkey => {
            let services = request::services()?;
            let token = request::ceremony_or_new(&services)?;
            authenticate::ask_for_passkey(&services, &request::client()?, &token).await
        }
        Purpose::SecondFactor => {
            let attempt = request::attempt()?;
            authenticate::ask(&request::services()?, attempt.as_ref()).await
        }
        Purpose::Reauthenticate => {
            let (services, who) = request::holder().await?;
            reauth::ask(&services, &who).await
        }
    }
    .map_err(request::refuse)
}

/// Takes the answer, an `AuthenticationResponseJSON`, and says where to go on to as `redirect`.
#[server(prefix = "/api", endpoint = "webauthn/authentication/finish", input = Json, output = Json)]
pub async fn finish_authentication(
    /// What for.
    purpose: Purpose,
    /// The answer.
    credential: Option<Value>,
    /// A path of this site to go on to.
    next: Option<String>,
) -> Result<Value, Error> {
    use crate::{
        mfa::{
            authenticate::flow::{self as authenticate, Second},
            reauth::flow::{self as reauth, Given},
        },
        request,
    };
    let credential = credential.unwrap_or_default();
    let client = request::client()?;
    match purpose {
        Purpose::Passkey | Purpose::SecondFactor => {
            let services = request::services()?;
            let signed_in = if purpose == Purpose::Passkey {
                let (ceremony, device) = (request::ceremony()?, request::device()?);
                let (ceremony, device) = (ceremony.as_ref(), device.as_ref());
                authenticate::by_passkey(&services, &client, ceremony, device, &credential).await
            } else {
                let attempt = request::attempt()?;
                let second = Second::Key(&credential);
                authenticate::sign_in(&services, &client, attempt.as_ref(), second)
                    .await
                    .map(|(signed_in, _)| signed_in)
            }
            .map_err(request::refuse)?;
            request::sign_out_previous(&services, &client).await?;
            request::set_attempt(None)?;
            request::set_session(&signed_in.session)?;
            request::set_device(signed_in.device.as_ref())?;
        }
        Purpose::Reauthenticate => {
            let (services, who) = request::holder().await?;
            let (device, given) = (request::device()?, Given::Key(credential));
            let token = reauth::confirm(&services, &client, &who, device.as_ref(), given)
                .await
                .map_err(request::refuse)?;
            request::set_session(&token)?;
        }
    }
    let next = next.as_deref().and_then(request::ReturnPath::parse);
    Ok(serde_json::json!({ "redirect": next.unwrap_or_default().as_str() }))
}
