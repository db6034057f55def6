//! `inmor-mfa gate doctor`: calls sites through their proxies as strangers, cheats and a good visitor do,
//! asks the running program what it was asked, and says in words what does not fit together.

mod calls;
mod checks;
mod report;

use clap::Args;

use self::{calls::Caller, checks::Site, report::Report};
use crate::{
    auth::accounts::flow as accounts,
    commands::{open, run::Failure},
    gate::flow::{self as gate, Asked},
    server::{gate::cookie_name, settings::Loaded},
    services::Services,
};

#[derive(Args)]
pub(in crate::commands) struct Doctor {
    /// Host of a site, as in the settings; all of them without it
    site: Option<String>,
    /// A page that shows who is signed in
    #[arg(long, default_value = "/")]
    path: String,
    /// Try it signed in as this account, for a moment; the audit trail says so
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// An address of the site itself, at which nothing must answer
    #[arg(long, value_name = "URL")]
    around: Option<String>,
    /// Print JSON, a finding a line
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(loaded: Loaded, command: &Doctor) -> Result<(), Failure> {
    let hosts = match &command.site {
        Some(host) => vec![super::site(&loaded.settings, host)?.host.clone()],
        None => loaded
            .settings
            .sites
            .iter()
            .map(|site| site.host.clone())
            .collect(),
    };
    if hosts.is_empty() {
        return Err(
            "no site is behind the login gate: write [[site]] into the settings file".into(),
        );
    }
    let services = open::services(loaded.settings).await?;
    let caller = Caller::new(&services, super::local_address(&services.settings))?;
    let mut report = Report::new(command.json);
    for host in &hosts {
        let site = super::site(&services.settings, host)?;
        let url = address(&services, &site.host, &command.path);
        let asked = Asked::by_url(&url)
            .ok_or("--path: write a path, such as /admin/, without blanks or #")?;
        let visitor = match &command.account {
            Some(name) => {
                let account = accounts::find(&services, name).await?;
                let account = account.ok_or_else(|| format!("there is no account {name:?}"))?;
                let trial = gate::begin_trial(&services, site, &asked, &account).await?;
                Some((account.username, trial))
            }
            None => None,
        };
        let cookie = |token: &str| format!("{}={token}", cookie_name(&services, site));
        let good = visitor
            .as_ref()
            .map(|(name, trial)| (name.clone(), cookie(&trial.token.expose())));
        let about = Site {
            asked: &asked,
            url: &url,
            rules: site,
            garbage: cookie(&"A".repeat(43)),
            good,
            around: command.around.as_deref(),
        };
        let outcome = checks::examine(&caller, &about, &mut report);
        if let Some((_, trial)) = &visitor {
            gate::end_trial(&services, trial).await?;
        }
        outcome?;
    }
    services.db.close().await;
    report.end()
}

/// Where browsers find a path of a site.
fn address(services: &Services, host: &str, path: &str) -> String {
    let https = services.settings.public_url.is_https();
    format!("{}://{host}{path}", if https { "https" } else { "http" })
}
