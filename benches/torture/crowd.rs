//! Many accounts at once, written straight into the database: one password hash for all, an
//! authenticator app each, and a set of recovery codes.

use inmor_mfa::{
    clock::Clock,
    crypto::{
        random::Random,
        sealing::{Binding, Keyring, Purpose},
    },
    mfa::{
        recovery_codes::domain::{Code, new_code},
        totp::domain::new_secret,
    },
};

use crate::{
    Outcomes,
    person::{App, Person},
    secrets::Known,
    site::Site,
    support::PASSWORD,
};

/// Accounts that are written with one statement.
const AT_ONCE: usize = 100;

/// People, and what each of their sealed secrets says.
pub struct Crowd {
    pub people: Vec<Person>,
    pub known: Known,
}

/// Adds so many accounts with so many codes each, sealed by `keyring`. The database is there already.
pub fn add(site: &Site, keyring: &Keyring, many: usize, codes: usize) -> Outcomes<Crowd> {
    site.place.create("model");
    let (random, now) = (Random::system(), Clock::system().now());
    let mut crowd = Crowd {
        people: Vec::with_capacity(many),
        known: Known::default(),
    };
    let mut sql: [Vec<String>; 4] = Default::default();
    for number in 0..many {
        let [accounts, apps, sets, rows] = &mut sql;
        let (id, app) = (random.uuid_v7(now)?, random.uuid_v7(now)?);
        let name = format!("p{number}");
        let handle = site.base.blob(&random.bytes::<32>()?);
        accounts.push(format!("select '{id}', '{name}', '{name}', password_hash, {handle}, created_at, password_changed_at from account where username_canonical = 'model'"));
        let secret = new_secret(&random)?.to_string();
        let sealed = keyring.seal(now, binding(Purpose::Totp, &id, &app), &secret)?;
        apps.push(format!(
            "('{app}', '{id}', 'phone', '{}', '{}', -1, -1, 0, {now})",
            sealed.token, sealed.key_id
        ));
        sets.push(format!("('{id}', 0, {now})"));
        crowd.known.insert(app, secret.clone());
        let mut person = Person {
            name,
            password: PASSWORD.to_owned(),
            apps: vec![App {
                label: "phone".to_owned(),
                secret,
                last: -1,
            }],
            ..Person::default()
        };
        for position in 0..codes {
            let (row, text) = (random.uuid_v7(now)?, new_code(&random)?.to_string());
            let hash = Code::parse(&text).ok_or("no code")?.hash(&id);
            let sealed = keyring.seal(now, binding(Purpose::RecoveryCode, &id, &row), &text)?;
            rows.push(format!(
                "('{row}', '{id}', {position}, {}, '{}', '{}')",
                site.base.blob(&hash),
                sealed.token,
                sealed.key_id
            ));
            crowd.known.insert(row, text.clone());
            person.codes.push(text);
        }
        crowd.people.push(person);
        if (number + 1) % AT_ONCE == 0 || number + 1 == many {
            write(site, &mut sql)?;
        }
    }
    Ok(crowd)
}

/// What a sealed secret is bound to.
pub const fn binding<'a>(purpose: Purpose, account: &'a str, factor: &'a str) -> Binding<'a> {
    Binding {
        purpose,
        account,
        factor,
    }
}

fn write(site: &Site, sql: &mut [Vec<String>; 4]) -> Outcomes<()> {
    let [accounts, apps, sets, rows] = sql;
    let mut statements = vec![
        format!(
            "insert into account (id, username, username_canonical, password_hash, user_handle, created_at, password_changed_at) {}",
            accounts.join(" union all ")
        ),
        format!(
            "insert into mfa_totp (id, account_id, label, sealed_secret, key_id, last_step, burned_step, failures, created_at) values {}",
            apps.join(", ")
        ),
        format!(
            "insert into mfa_recovery_set (account_id, failures, created_at) values {}",
            sets.join(", ")
        ),
    ];
    if !rows.is_empty() {
        statements.push(format!("insert into mfa_recovery_code (id, account_id, position, code_hash, sealed_code, key_id) values {}", rows.join(", ")));
    }
    site.base.execute(&statements.join("; "))?;
    sql.iter_mut().for_each(Vec::clear);
    Ok(())
}
