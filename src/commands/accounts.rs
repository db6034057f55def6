//! `inmor-mfa accounts …`.

use std::io::{self, BufRead, IsTerminal};

use clap::{Args, Subcommand, ValueEnum};
use zeroize::Zeroizing;

use super::{
    open,
    run::{Failure, shell_words},
    say::say,
};
use crate::{
    auth::{
        accounts::flow::{self as accounts, Account, Wanted},
        passwords::flow as passwords,
        sessions::flow::time_in_words,
    },
    crypto::passwords::Password,
    mfa::settings::flow as mfa,
    server::settings::Loaded,
    services::{Client, FlowError, Services},
};

#[derive(Subcommand)]
pub(super) enum Accounts {
    /// Create an administrator; the password comes from a prompt or standard input
    Create {
        /// Username
        username: String,
        /// E-mail address
        #[arg(long, default_value = "", hide_default_value = true)]
        email: String,
        #[command(flatten)]
        password: PasswordSource,
    },
    /// List the accounts
    List {
        /// Print JSON, an account a line
        #[arg(long)]
        json: bool,
    },
    /// Refuse an account's sign-ins and end its sessions
    Disable {
        /// Username or e-mail address
        account: String,
    },
    /// Let an account sign in again
    Enable {
        /// Username or e-mail address
        account: String,
    },
    /// Give an account a role, which sites behind the login gate may ask for
    Grant {
        /// Username or e-mail address
        account: String,
        role: Role,
    },
    /// Take a role from an account
    Revoke {
        /// Username or e-mail address
        account: String,
        role: Role,
    },
    /// Remove all factors and recovery codes of an account and end its sessions
    ResetMfa {
        /// Username or e-mail address
        account: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Set a password and end the account's sessions
    SetPassword {
        /// Username or e-mail address
        account: String,
        #[command(flatten)]
        password: PasswordSource,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Role {
    /// May use admin sites
    Staff,
    /// May do everything there, and sees what the gate decides for everybody
    Superuser,
}

#[derive(Args)]
pub(super) struct PasswordSource {
    /// Read the password from the first line of standard input
    #[arg(long)]
    password_stdin: bool,
}

impl PasswordSource {
    fn read(&self) -> Result<Password, Failure> {
        let text = if self.password_stdin {
            first_line()?
        } else if io::stdin().is_terminal() {
            let first = Zeroizing::new(rpassword::prompt_password("Password: ")?);
            let again = Zeroizing::new(rpassword::prompt_password("Password again: ")?);
            if first != again {
                return Err("the two passwords differ".into());
            }
            first
        } else {
            return Err(
                "there is no terminal to ask for the password: use --password-stdin".into(),
            );
        };
        Ok(Password::parse(text.to_string()).map_err(|error| error.to_string())?)
    }
}

/// The first line of standard input without its end. Blanks belong to the password.
fn first_line() -> Result<Zeroizing<String>, Failure> {
    let mut line = Zeroizing::new(String::new());
    io::stdin().lock().read_line(&mut line)?;
    let end = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(end);
    Ok(line)
}

pub(super) async fn run(loaded: Loaded, command: Accounts) -> Result<(), Failure> {
    let services = open::services(loaded.settings).await?;
    let shell = Client::shell();
    match command {
        Accounts::Create {
            username,
            email,
            password,
        } => {
            let wanted = Wanted {
                username: &username,
                email: &email,
                password: password.read()?,
            };
            accounts::create(&services, &shell, wanted)
                .await
                .map_err(words)?;
            say(format_args!("Created {}.", username.trim()))?;
        }
        Accounts::List { json } => {
            for account in accounts::list(&services).await? {
                say(if json {
                    as_json(&account)
                } else {
                    as_line(&account)
                })?;
            }
        }
        Accounts::Disable { account } => set_disabled(&services, &account, true).await?,
        Accounts::Enable { account } => set_disabled(&services, &account, false).await?,
        Accounts::Grant { account, role } => set_role(&services, &account, role, true).await?,
        Accounts::Revoke { account, role } => set_role(&services, &account, role, false).await?,
        Accounts::ResetMfa { account, yes } => {
            let account = find(&services, &account).await?;
            if !yes {
                confirm(&account)?;
            }
            let had = mfa::reset(&services, &shell, &account).await?;
            say(format_args!(
                "{} {}; its sessions are ended.",
                account.username,
                if had {
                    "has no second factor any more"
                } else {
                    "had no second factor"
                }
            ))?;
        }
        Accounts::SetPassword { account, password } => {
            let account = find(&services, &account).await?;
            passwords::set(&services, &shell, &account, password.read()?)
                .await
                .map_err(words)?;
            say(format_args!(
                "Set the password of {}; its sessions are ended.",
                account.username
            ))?;
        }
    }
    services.mailer.close().await;
    services.db.close().await;
    Ok(())
}

/// Asks for the username before factors are removed.
fn confirm(account: &Account) -> Result<(), Failure> {
    if !io::stdin().is_terminal() {
        return Err("there is no terminal to ask: confirm with --yes".into());
    }
    say(format_args!(
        "This removes every factor and recovery code of {}: the password alone will sign in.\nType the username to confirm:",
        account.username
    ))?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    if line.trim() == account.username {
        Ok(())
    } else {
        Err("that is not the username; nothing was changed".into())
    }
}

async fn set_disabled(services: &Services, name: &str, disabled: bool) -> Result<(), Failure> {
    let account = find(services, name).await?;
    let changed = accounts::set_disabled(services, &Client::shell(), &account, disabled).await?;
    let state = if disabled { "disabled" } else { "enabled" };
    let became = if changed { "is now" } else { "was already" };
    say(format_args!("{} {became} {state}.", account.username))
}

async fn set_role(services: &Services, name: &str, role: Role, has: bool) -> Result<(), Failure> {
    let account = find(services, name).await?;
    let (is_staff, is_superuser) = match role {
        Role::Staff => (has, account.is_superuser),
        Role::Superuser => (account.is_staff, has),
    };
    let changed =
        accounts::set_roles(services, &Client::shell(), &account, is_staff, is_superuser).await?;
    let became = if changed { "is now" } else { "was already" };
    let has = if has { "" } else { "without " };
    let role = match role {
        Role::Staff => "staff",
        Role::Superuser => "superuser",
    };
    say(format_args!("{} {became} {has}{role}.", account.username))
}

async fn find(services: &Services, name: &str) -> Result<Account, Failure> {
    accounts::find(services, name)
        .await?
        .ok_or_else(|| format!("there is no account {name:?}").into())
}

fn words(failure: FlowError) -> Failure {
    match failure {
        FlowError::Refused(error) => shell_words(error).into(),
        other => other.into(),
    }
}

fn as_line(account: &Account) -> String {
    let email = account.email.as_deref().unwrap_or("-");
    let state = if account.disabled {
        "disabled"
    } else {
        "enabled"
    };
    format!(
        "{:24} {:32} {state:9} {}",
        account.username,
        email,
        time_in_words(account.created_at)
    )
}

fn as_json(account: &Account) -> String {
    serde_json::json!({
        "id": account.id,
        "username": account.username,
        "email": account.email,
        "disabled": account.disabled,
        "roles": account.roles(),
        "created_at": account.created_at,
    })
    .to_string()
}
