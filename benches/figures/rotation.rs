//! What moving secrets under another key takes, while the program serves.

use inmor_mfa::crypto::sealing::{Binding, Keyring, Purpose};
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};

use crate::{
    Outcomes,
    load::now,
    program::{Installation, KEY},
    table::row,
};

/// Secrets that are moved.
const SECRETS: usize = 100_000;
/// A key that the installation does not begin with.
const NEW_KEY: &str = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";

/// Fills the database with secrets of one account, and moves them.
pub fn rotation(installation: &Installation) -> Outcomes<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(fill(installation))?;
    let program = installation.start()?;
    let begun = now();
    let status = installation
        .command(&["keys", "rotate", "--json"])
        .env("MFA_ENCRYPTION_KEY", format!("{NEW_KEY},{KEY}"))
        .stdout(std::process::Stdio::null())
        .status()?;
    let took = begun.elapsed().as_secs_f64();
    drop(program);
    if !status.success() {
        return Err("the rotation failed".into());
    }
    let many = f64::from(u32::try_from(SECRETS)?);
    row(
        "secrets moved under another key, the start of the command included",
        &format!("{:.0}/s", many / took),
        "20000/s",
    );
    Ok(())
}

async fn fill(installation: &Installation) -> Outcomes<()> {
    let keyring = Keyring::new([&std::array::from_fn(|at| u8::try_from(at).unwrap_or(0))])
        .ok_or("there is no key")?;
    let url = format!("sqlite://{}", installation.database().display());
    let mut connection = SqliteConnection::connect(&url).await?;
    let account: String = sqlx::query_scalar("select id from account order by id limit 1")
        .fetch_one(&mut connection)
        .await?;
    let mut rows = Vec::with_capacity(1_000);
    for number in 0..SECRETS {
        let id = format!("00000000-0000-7000-8000-{number:012}");
        let binding = Binding {
            purpose: Purpose::Totp,
            account: &account,
            factor: &id,
        };
        let sealed = keyring.seal(0, binding, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")?;
        rows.push(format!(
            "('{id}', '{account}', 'app', '{}', '{}', 0, 0, 0, 0)",
            sealed.token, sealed.key_id
        ));
        if rows.len() == 1_000 {
            let sql = format!(
                "insert into mfa_totp (id, account_id, label, sealed_secret, key_id, last_step, burned_step, failures, created_at) values {}",
                rows.join(", ")
            );
            sqlx::query(AssertSqlSafe(sql))
                .execute(&mut connection)
                .await?;
            rows.clear();
        }
    }
    connection.close().await?;
    Ok(())
}
