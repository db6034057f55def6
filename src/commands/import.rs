//! `inmor-mfa import …`.

use std::{fs, io, path::PathBuf, sync::Arc};

use clap::{Args, Subcommand};
use indicatif::ProgressBar;

use super::{open, progress, run::Failure, say::say};
use crate::{
    crypto::sealing::ForeignKey,
    django::import::flow::{self as django, AccountReport, Keys, Listener, Source, Wanted},
    server::settings::{EncryptionKey, Loaded, Log, Origin},
    services::Client,
};

#[derive(Subcommand)]
pub(super) enum Import {
    /// Bring accounts with their factors from a django-allauth database, which is only read
    Django(Django),
}

#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(super) struct Django {
    /// Path or sqlite:// URL of an SQLite file, or a postgres:// URL
    source: String,
    #[command(flatten)]
    keys: FernetKeys,
    /// Only accounts that are staff or superuser there
    #[arg(long)]
    staff_only: bool,
    /// Bring accounts up to date that came over before and were not used or changed here since
    #[arg(long)]
    update: bool,
    /// Go on although no key opens some secrets: their factors are left behind, and an account whose
    /// only factor is left behind comes over disabled
    #[arg(long)]
    without_unreadable: bool,
    /// Say what would come over, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Print JSON, an account a line and the totals in the last
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct FernetKeys {
    /// Key of the site's `MFA_ENCRYPTION_KEY`, with which secrets are sealed; once for each, newest
    /// first. Other users of the machine can see it: prefer --fernet-key-file
    // one key in 64 begins with a hyphen
    #[arg(
        long,
        value_name = "KEY",
        value_delimiter = ',',
        allow_hyphen_values = true
    )]
    fernet_key: Vec<String>,
    /// File with such keys, separated by commas, blanks or lines
    #[arg(long, value_name = "FILE")]
    fernet_key_file: Option<PathBuf>,
}

impl FernetKeys {
    /// The keys; a wrong one is told by its place, for it may be nearly right.
    pub(super) fn read(&self) -> Result<Vec<ForeignKey>, Failure> {
        let mut texts: Vec<(String, String)> = (1..)
            .zip(&self.fernet_key)
            .map(|(number, text)| (format!("--fernet-key: key {number}"), text.clone()))
            .collect();
        if let Some(path) = &self.fernet_key_file {
            let file = fs::read_to_string(path)
                .map_err(|error| format!("--fernet-key-file: {}: {error}", path.display()))?;
            let keys = file.split(|letter: char| letter == ',' || letter.is_whitespace());
            texts.extend(
                (1..)
                    .zip(keys.filter(|key| !key.is_empty()))
                    .map(|(number, text)| {
                        (format!("--fernet-key-file: key {number}"), text.to_owned())
                    }),
            );
        }
        texts
            .into_iter()
            .map(|(place, text)| {
                EncryptionKey::parse(text.trim())
                    .and_then(|key| ForeignKey::new(key.bytes()))
                    .ok_or_else(|| {
                        format!("{place} is not 32 bytes in url-safe base64, as Fernet.generate_key() prints them").into()
                    })
            })
            .collect()
    }
}

/// What is logged: with the default, no line for each account.
pub(super) fn quieter(loaded: &mut Loaded) {
    let set = loaded
        .effective
        .iter()
        .any(|one| one.name == "LOG_FILTER" && one.origin != Origin::Default);
    if !set {
        loaded.settings.log = Log {
            filter: "warn".to_owned(),
            ..loaded.settings.log.clone()
        };
    }
}

pub(super) async fn run(loaded: Loaded, command: &Import) -> Result<(), Failure> {
    let Import::Django(wanted) = command;
    let published = ForeignKey::new(EncryptionKey::development().ok_or("no key")?.bytes());
    let keys = Arc::new(Keys::new(wanted.keys.read()?, published));
    let mut source = Source::open(&wanted.source).await?;
    let services = open::services(loaded.settings).await?;
    open::check_keys(&services).await?;
    open::check_party(&services, false).await?;
    let mut report = Report {
        json: wanted.json,
        bar: progress::bar(None, "{bar:40} {percent:>3} % {eta_precise}")?,
    };
    let outcome = django::import(
        &services,
        &Client::shell(),
        &mut source,
        &Wanted {
            keys,
            staff_only: wanted.staff_only,
            update: wanted.update,
            dry_run: wanted.dry_run,
            without_unreadable: wanted.without_unreadable,
        },
        &mut report,
    )
    .await;
    report.bar.finish_and_clear();
    services.mailer.settle().await;
    services.mailer.close().await;
    services.db.close().await;
    let lost = services.mailer.lost();
    if lost > 0 && !wanted.json {
        say(format_args!(
            "{lost} letters were not sent; who they are for is told on the next page as well."
        ))?;
    }
    let totals = outcome?;
    if wanted.json {
        return say(serde_json::json!({
            "totals": totals,
            "dry_run": wanted.dry_run,
            "letters_lost": lost,
        }));
    }
    say(format_args!(
        "{} imported, {} updated, {} unchanged, {} kept as they are here, {} refused{}.",
        totals.imported,
        totals.updated,
        totals.unchanged,
        totals.kept,
        totals.refused,
        if wanted.dry_run {
            "; nothing was written"
        } else {
            ""
        }
    ))
}

/// Prints a line for each account, and draws a bar on a terminal.
struct Report {
    json: bool,
    bar: ProgressBar,
}

impl Listener for Report {
    fn begin(&mut self, accounts: u64) {
        self.bar.set_length(accounts.saturating_mul(2));
    }

    fn passed(&mut self, accounts: u64) {
        self.bar.inc(accounts);
    }

    fn account(&mut self, report: &AccountReport) -> io::Result<()> {
        let line = if self.json {
            serde_json::to_string(report)?
        } else {
            report.to_string()
        };
        self.bar.suspend(|| say(line)).map_err(io::Error::other)
    }
}
