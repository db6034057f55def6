//! Reads the command line and runs one command.

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use super::{
    accounts::{self, Accounts},
    backup::{self, Restore},
    check,
    export::{self, Export},
    gate::{self, Gate},
    import::{self, Import},
    keys::{self, Keys},
    move_database::{self, Move},
    open,
    say::say,
};
use crate::{
    auth::setup::flow as setup,
    error::Error,
    mfa::webauthn::flow as webauthn,
    server::{
        run,
        settings::{Loaded, Settings},
        telemetry,
    },
    services::Client,
};

/// Multi-factor authentication for administrator accounts.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct Arguments {
    /// Settings file [default: inmor-mfa.toml, when there is one]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server; migrates the database first
    Serve {
        /// Start although security keys in the database were made for another host name
        #[arg(long)]
        accept_new_origin: bool,
    },
    /// Validate settings, keys, database and clock; say what is wrong
    Check {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Administrators' accounts
    #[command(subcommand)]
    Accounts(Accounts),
    /// Accounts from another system
    #[command(subcommand)]
    Import(Import),
    /// Accounts for another system
    #[command(subcommand)]
    Export(Export),
    /// Encryption keys
    #[command(subcommand)]
    Keys(Keys),
    /// The login gate in front of other sites
    #[command(subcommand)]
    Gate(Gate),
    /// Copy the SQLite database into a new file, while the server runs
    Backup {
        /// The file to be made
        file: PathBuf,
    },
    /// Put a backup in the place of the SQLite database; the server has to be stopped
    Restore(Restore),
    /// Copy everything from SQLite to PostgreSQL, or back
    MoveDatabase(Move),
    /// Print a fresh one-time first-run link; refused once an account exists
    SetupLink,
}

/// What a command fails with: one line.
pub(super) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Runs the command that the process was started with.
#[must_use]
#[expect(
    clippy::print_stderr,
    reason = "a failure is one line on standard error"
)]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    match execute(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("inmor-mfa: {}", failure.to_string().replace('\n', " "));
            ExitCode::FAILURE
        }
    }
}

fn execute(arguments: Arguments) -> Result<(), Failure> {
    if let Command::Keys(Keys::Generate) = &arguments.command {
        return keys::print_new();
    }
    let mut loaded = Settings::load(arguments.config.as_deref(), std::env::vars_os())?;
    if let Command::Import(_) = &arguments.command {
        import::quieter(&mut loaded);
    }
    telemetry::start(&loaded.settings.log).map_err(|error| format!("log_filter: {error}"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match arguments.command {
            Command::Serve { accept_new_origin } => serve(loaded, accept_new_origin).await,
            Command::Check { json } => check::check(loaded, json).await,
            Command::Accounts(command) => accounts::run(loaded, command).await,
            Command::Keys(command) => keys::run(loaded, command).await,
            Command::Gate(command) => gate::run(loaded, command).await,
            Command::Backup { file } => backup::back_up(&loaded, &file).await,
            Command::Restore(command) => backup::restore(loaded, command).await,
            Command::MoveDatabase(command) => move_database::run(&command).await,
            Command::Import(command) => import::run(loaded, &command).await,
            Command::Export(command) => export::run(loaded, &command).await,
            Command::SetupLink => setup_link(loaded).await,
        }
    })
}

async fn serve(loaded: Loaded, accept_new_origin: bool) -> Result<(), Failure> {
    open::harden();
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
    let listener = run::listen(loaded.settings.listen)?;
    let services = open::services(loaded.settings).await?;
    open::check_keys(&services).await?;
    open::check_party(&services, accept_new_origin).await?;
    webauthn::adopt_party(&services).await?;
    Ok(run::serve(services, listener).await?)
}

async fn setup_link(loaded: Loaded) -> Result<(), Failure> {
    let services = open::services(loaded.settings).await?;
    let token = setup::issue(&services, &Client::shell()).await?;
    let token =
        token.ok_or("there is an account already: create further ones with accounts create")?;
    say(setup::link(&services, &token))
}

/// A refused account command in the shell's words.
pub(super) fn shell_words(error: Error) -> String {
    match error {
        Error::PasswordTooShort { min } => {
            format!("the password is too short: use at least {min} characters")
        }
        other => other.to_string(),
    }
}
