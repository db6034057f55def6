//! `inmor-mfa export …`.

use std::{
    fs::{self, File, OpenOptions},
    io::BufWriter,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};

use super::{import::FernetKeys, open, run::Failure, say::say};
use crate::{django::export::flow as django, server::settings::Loaded};

#[derive(Subcommand)]
pub(super) enum Export {
    /// Write SQL with the rows that django-allauth would have
    Django(Django),
}

#[derive(Args)]
pub(super) struct Django {
    /// File to be written; it must not be there yet
    target: PathBuf,
    #[command(flatten)]
    keys: FernetKeys,
    /// Print JSON, an account a line
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(loaded: Loaded, command: &Export) -> Result<(), Failure> {
    let Export::Django(wanted) = command;
    let keys = wanted.keys.read()?;
    let key = keys.first().ok_or(
        "--fernet-key: the key of the Django site's MFA_ENCRYPTION_KEY is needed: it seals what goes there",
    )?;
    let services = open::services(loaded.settings).await?;
    open::check_keys(&services).await?;
    let target = &wanted.target;
    let file = create(target).map_err(|error| format!("{}: {error}", target.display()))?;
    let written = django::export(&services, key, &mut BufWriter::new(file)).await;
    services.mailer.close().await;
    services.db.close().await;
    let written = written.inspect_err(|_| {
        // half a file is of no use, and full of secrets
        let _ = fs::remove_file(target);
    })?;
    for account in &written {
        if wanted.json {
            say(serde_json::to_string(account)?)?;
            continue;
        }
        for left in &account.left_behind {
            say(format_args!("{}: left behind: {left}", account.username))?;
        }
    }
    if !wanted.json {
        say(format_args!(
            "Wrote {} accounts to {}. It holds secrets: load it, then delete it.",
            written.len(),
            target.display()
        ))?;
    }
    Ok(())
}

/// A new file that its owner alone can read.
fn create(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}
