//! `inmor-mfa gate explain URL`.

use clap::Args;

use crate::{
    auth::accounts::flow as accounts,
    commands::{open, run::Failure, say::say},
    gate::flow::{self as gate, Asked},
    mfa::{totp::flow as totp, webauthn::flow as webauthn},
    server::settings::Loaded,
    services::{FlowError, Services},
};

#[derive(Args)]
pub(in crate::commands) struct Explain {
    /// Address as in the browser, with its path
    url: String,
    /// Username or e-mail address of who asks for it
    #[arg(long)]
    user: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(loaded: Loaded, command: &Explain) -> Result<(), Failure> {
    let asked = Asked::by_url(&command.url)
        .ok_or("the address is not understood: write it as in the browser, with https:// and a path, such as https://admin.example.org/users/")?;
    let services = open::services(loaded.settings).await?;
    let account = match &command.user {
        Some(name) => Some(
            accounts::find(&services, name)
                .await?
                .ok_or_else(|| format!("there is no account {name:?}"))?,
        ),
        None => None,
    };
    let has = match &account {
        Some(account) => factors(&services, &account.id).await?,
        None => Vec::new(),
    };
    let Some(explained) = gate::explain(&services, &asked, account.as_ref()) else {
        return Err(format!(
            "{} is no site of the login gate, so everything there is denied",
            asked.origin()
        )
        .into());
    };
    services.db.close().await;
    let username = account.as_ref().map(|account| &*account.username);
    let roles = account.as_ref().map(accounts::Account::roles);
    if command.json {
        return say(serde_json::json!({
            "host": explained.host,
            "path": explained.path,
            "needs": explained.needs,
            "user": username,
            "roles": roles,
            "factors": has,
            "answers": explained.answers.iter().map(|(way, got)| serde_json::json!({
                "signed_in_with": way, "gets": got,
            })).collect::<Vec<_>>(),
        }));
    }
    say(format_args!(
        "{} on {}: {}.",
        explained.path, explained.host, explained.needs
    ))?;
    if let (Some(username), Some(roles)) = (username, roles) {
        let or_none = |list: Vec<&str>| match list.as_slice() {
            [] => "none".to_owned(),
            list => list.join(", "),
        };
        say(format_args!(
            "{username} has the roles: {}; the factors: {}.",
            or_none(roles),
            or_none(has)
        ))?;
    }
    for (way, got) in explained.answers {
        say(format_args!("  {way:26} {got}"))?;
    }
    Ok(())
}

/// Which factors an account has.
async fn factors(services: &Services, account_id: &str) -> Result<Vec<&'static str>, FlowError> {
    let mut has = Vec::new();
    if !totp::devices_of(services, account_id).await?.is_empty() {
        has.push("authenticator app");
    }
    let keys = webauthn::keys_of(services, account_id).await?;
    if !keys.is_empty() {
        has.push("security key or passkey");
    }
    Ok(has)
}
