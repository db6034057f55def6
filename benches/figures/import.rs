//! What it takes to bring a large Django site over.

use std::{fmt::Write as _, fs, path::Path, process::Stdio, thread, time::Duration};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use fernet::Fernet;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::{
    Outcomes,
    load::now,
    program::Installation,
    table::{mib, row},
};

/// Accounts of the site; each has a password, an app and recovery codes, each third a key.
const ACCOUNTS: u32 = 100_000;
/// Rows of one statement.
const TOGETHER: u32 = 500;

const TABLES: &str = "pragma journal_mode = off; pragma synchronous = off; \
    create table auth_user (id integer primary key, password text, last_login text, is_superuser bool, \
    username text unique, last_name text, email text, is_staff bool, is_active bool, date_joined text, first_name text); \
    create table account_emailaddress (id integer primary key, verified bool, \"primary\" bool, user_id integer, email text); \
    create index address on account_emailaddress (user_id); \
    create table mfa_authenticator (id integer primary key, type text, data text, user_id integer, created_at text, last_used_at text); \
    create index authenticator on mfa_authenticator (user_id)";
const HASH: &str =
    "pbkdf2_sha256$1000000$SaltSaltSaltSaltSalt22$nLvfUoBGk3hSCbCKcQKp4wfQ+pTPUuDjBkoQUVN6crs=";
const TIME: &str = "2026-11-24 15:39:57.186088";
/// The generator of P-256 as a `COSE_Key`.
const PUBLIC_KEY: &str = "a5010203262001215820\
    6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296225820\
    4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";

/// A stored key of an account.
fn key(account: u32) -> Outcomes<String> {
    let id = [&[0; 28][..], &account.to_be_bytes()].concat();
    let mut data = Sha256::digest("localhost").to_vec();
    data.extend([0x41, 0, 0, 0, 1]);
    data.extend([0; 16]);
    data.extend([0, 32]);
    data.extend(&id);
    for at in (0..PUBLIC_KEY.len()).step_by(2) {
        let byte = PUBLIC_KEY.get(at..at + 2).ok_or("half a byte")?;
        data.push(u8::from_str_radix(byte, 16)?);
    }
    // {"fmt": "none", "attStmt": {}, "authData": …}
    let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
    object.push(u8::try_from(data.len())?);
    object.extend(data);
    let text = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let credential = json!({
        "type": "public-key", "id": text(&id), "rawId": text(&id),
        "response": { "clientDataJSON": "e30", "attestationObject": text(&object), "transports": ["usb"] },
        "clientExtensionResults": { "credProps": { "rk": false } },
    });
    Ok(json!({ "name": "key", "credential": credential }).to_string())
}

async fn generate(path: &Path, fernet: &Fernet) -> Outcomes<()> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true);
    let mut site = SqliteConnection::connect_with(&options).await?;
    sqlx::raw_sql(TABLES).execute(&mut site).await?;
    for first in (1..=ACCOUNTS).step_by(usize::try_from(TOGETHER)?) {
        let (mut users, mut addresses, mut factors) = (Vec::new(), Vec::new(), Vec::new());
        for id in first..first + TOGETHER {
            users.push(format!(
                "({id}, '{HASH}', false, 'user{id}', 'Last', '', true, true, '{TIME}', 'First')"
            ));
            addresses.push(format!("(true, true, {id}, 'user{id}@example.org')"));
            let secret = format!(
                "{{\"secret\": \"{}\"}}",
                fernet.encrypt(b"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
            );
            let seed = fernet.encrypt(format!("{id:080x}").as_bytes());
            let seed = format!("{{\"seed\": \"{seed}\", \"used_mask\": 5}}");
            let mut factor = |kind: &str, data: &str| {
                factors.push(format!("('{kind}', '{data}', {id}, '{TIME}', null)"));
            };
            factor("totp", &secret);
            factor("recovery_codes", &seed);
            if id % 3 == 0 {
                factor("webauthn", &key(id)?);
            }
        }
        let mut sql = String::new();
        write!(
            sql,
            "insert into auth_user (id, password, is_superuser, username, last_name, email, is_staff, is_active, date_joined, first_name) values {}; \
             insert into account_emailaddress (verified, \"primary\", user_id, email) values {}; \
             insert into mfa_authenticator (type, data, user_id, created_at, last_used_at) values {}",
            users.join(", "),
            addresses.join(", "),
            factors.join(", ")
        )?;
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut site).await?;
    }
    site.close().await?;
    Ok(())
}

/// Brings the accounts over to a new installation.
pub fn import(installation: &Installation, database: &str) -> Outcomes<()> {
    let key = Fernet::generate_key();
    let fernet = Fernet::new(&key).ok_or("no key")?;
    let site = installation.path("site.sqlite3");
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(generate(&site, &fernet))?;
    let place = site.display().to_string();
    let began = now();
    let mut program = installation
        .command(&["import", "django", &place, "--fernet-key", &key])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let mut peak = 0;
    let status = loop {
        if let Some(status) = program.try_wait()? {
            break status;
        }
        peak = peak.max(crate::program::peak(program.id()).unwrap_or_default());
        thread::sleep(Duration::from_millis(50));
    };
    let took = began.elapsed().as_secs_f64();
    fs::remove_file(site)?;
    if !status.success() {
        return Err("the import failed".into());
    }
    row(
        &format!("100,000 accounts from Django to {database}"),
        &format!("{took:.1} s, {:.0}/s", f64::from(ACCOUNTS) / took),
        "60 s",
    );
    row("  peak of the memory", &mib(peak), "flat");
    Ok(())
}
