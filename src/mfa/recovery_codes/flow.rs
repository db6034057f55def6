//! What an administrator does with recovery codes.

use std::collections::HashSet;

use zeroize::Zeroizing;

use super::{
    SetStanding, Shown,
    domain::{self, Code, ForeignCode},
    store::{self, CLOSES_AT, Foreign},
};
use crate::{
    audit::{
        flow::{self as audit, Action},
        notices::flow as notices,
    },
    auth::sessions::flow::{self as sessions, RecentAdmin, time_in_words},
    crypto::sealing::{Binding, Purpose},
    error::Error,
    services::{Client, FlowError, Services},
    store::{Tx, sealed::SealedColumn},
};

/// Where codes are sealed that their owner may see again, and for what.
pub const SEALED: [(SealedColumn, Purpose); 1] = [(store::CODES, Purpose::RecoveryCode)];

/// # Errors
/// [`Error::NotFound`] where the type is switched off.
fn supported(services: &Services) -> Result<(), Error> {
    if services.settings.supported_types.recovery_codes {
        Ok(())
    } else {
        Err(Error::NotFound)
    }
}

fn binding<'a>(account: &'a str, id: &'a str) -> Binding<'a> {
    Binding {
        purpose: Purpose::RecoveryCode,
        account,
        factor: id,
    }
}

/// How an account's set stands, if it has one.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn standing(
    services: &Services,
    account_id: &str,
) -> Result<Option<SetStanding>, FlowError> {
    let row = store::standing(&services.db, account_id).await?;
    Ok(row.map(|row| SetStanding {
        left: row.left_over,
        made: row.made,
        created: time_in_words(row.created_at),
        stored: row.stored_at.is_some(),
        closed: row.failures >= CLOSES_AT,
        exposed: row.exposed_at.is_some(),
    }))
}

/// How the caller's set stands, if there is one.
///
/// # Errors
/// [`Error::NotFound`] where the type is switched off.
pub async fn own_standing(
    services: &Services,
    who: &RecentAdmin,
) -> Result<Option<SetStanding>, FlowError> {
    supported(services)?;
    standing(services, who.account_id()).await
}

/// In the caller's transaction, makes a set for an account that has a factor and no set yet.
///
/// # Errors
/// [`FlowError`].
pub async fn create_if_missing(
    services: &Services,
    tx: &mut Tx,
    account_id: &str,
) -> Result<bool, FlowError> {
    let now = services.clock.now();
    if !store::begin(tx, account_id, now).await? {
        return Ok(false);
    }
    for position in 0..i64::from(services.settings.recovery_code_count) {
        let id = services.random.uuid_v7(now)?;
        let text = domain::new_code(&services.random)?;
        let code = Code::parse(&text).ok_or(Error::Internal)?;
        let sealed = services
            .keyring()
            .seal(now, binding(account_id, &id), &text)?;
        store::insert(
            tx,
            &id,
            account_id,
            position,
            &code.hash(account_id),
            &sealed,
        )
        .await?;
    }
    Ok(true)
}

/// In the caller's transaction, removes the set of an account that has no factor any more.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn remove_without_factor(tx: &mut Tx, account_id: &str) -> Result<(), FlowError> {
    store::delete_without_factor(tx, account_id).await?;
    Ok(())
}

/// The codes that are left, for their owner. Where they are shown once, the first call takes them out of
/// the database, and later ones answer none; a call that is not `looked_at` by anybody does not count.
///
/// # Errors
/// [`Error::NotFound`] when there is no set or the type is switched off; [`FlowError::Sealing`].
pub async fn show(
    services: &Services,
    client: &Client,
    who: &RecentAdmin,
    looked_at: bool,
) -> Result<Shown, FlowError> {
    supported(services)?;
    let account = who.account_id();
    let standing = standing(services, account).await?.ok_or(Error::NotFound)?;
    let once = services.settings.recovery_codes_show_once;
    let mut tx = services.db.begin().await?;
    let mut codes = Vec::new();
    if looked_at && (!once || store::show_once(&mut tx, account, services.clock.now()).await?) {
        for row in store::left(&mut tx, account).await? {
            if let (Some(token), Some(key_id)) = (row.sealed_code, row.key_id) {
                let code = services
                    .keyring()
                    .open(&token, &key_id, binding(account, &row.id))?;
                codes.push(code.to_string());
            }
        }
        if once {
            store::unseal(&mut tx, account).await?;
        }
        let event = who.event(Action::RecoveryCodesViewed, "");
        audit::record(services, &mut tx, client, &event).await?;
    }
    tx.commit().await?;
    let site = services.settings.public_url.origin();
    Ok(Shown {
        file: domain::file(&codes, who.username(), site, &standing.created),
        whose: domain::whose(who.username(), site, &standing.created),
        only_now: once,
        standing,
        codes,
    })
}

/// Notes that the owner has stored the codes.
///
/// # Errors
/// [`Error::NotFound`] when there is no set.
pub async fn keep(services: &Services, who: &RecentAdmin) -> Result<(), FlowError> {
    supported(services)?;
    let mut tx = services.db.begin().await?;
    if !store::stored(&mut tx, who.account_id(), services.clock.now()).await? {
        return Err(Error::NotFound.into());
    }
    tx.commit().await?;
    Ok(())
}

/// Makes a new set in place of the old one, whose codes are void as a whole.
///
/// # Errors
/// [`Error::NoFactorYet`] for an account without a factor.
pub async fn replace(
    services: &Services,
    client: &Client,
    who: &RecentAdmin,
) -> Result<(), FlowError> {
    supported(services)?;
    let mut tx = services.db.begin().await?;
    if !sessions::hold(&mut tx, who.account_id()).await? {
        return Err(Error::SignInFirst.into());
    }
    store::delete(&mut tx, who.account_id()).await?;
    if !create_if_missing(services, &mut tx, who.account_id()).await? {
        return Err(Error::NoFactorYet.into());
    }
    let event = who.event(Action::RecoveryCodesReplaced, "");
    let told = notices::tell(services, &mut tx, client, &event, who.email()).await?;
    tx.commit().await?;
    told.send(services);
    Ok(())
}

/// In the caller's transaction, removes the set of an account.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn remove_all_of(tx: &mut Tx, account_id: &str) -> Result<bool, FlowError> {
    Ok(store::delete(tx, account_id).await?)
}

/// A set of another system, or for one.
pub struct Moving {
    /// The codes, each with whether it is spent.
    pub codes: Vec<(Zeroizing<String>, bool)>,
    /// When it was made, in seconds since 1970 UTC.
    pub created_at: i64,
    /// When its owner has seen it.
    pub stored_at: Option<i64>,
}

/// Whether a text can be a code of another system: 7 to 64 letters and digits, whatever separates them.
#[must_use]
pub fn is_foreign_code(text: &str) -> bool {
    ForeignCode::parse(text).is_some()
}

/// A set of another system, for an account here.
pub struct Adoption<'a> {
    /// The account.
    pub account_id: String,
    /// The set.
    pub set: &'a Moving,
    /// Whether its codes may be known to others.
    pub exposed: bool,
}

/// Sets that are sealed at a time.
const SETS: usize = 20;

/// In the caller's transaction, gives accounts that have a factor and no set the codes of another
/// system. Of two codes that are one when typed, the second is dropped; so is what
/// [`is_foreign_code`] says is none.
///
/// # Errors
/// [`FlowError::Sealing`], [`FlowError::Store`].
pub async fn adopt(
    services: &Services,
    tx: &mut Tx,
    adoptions: &[Adoption<'_>],
) -> Result<(), FlowError> {
    let now = services.clock.now();
    let sets: Vec<_> = adoptions
        .iter()
        .map(|adoption| store::ForeignSet {
            account_id: &adoption.account_id,
            created_at: adoption.set.created_at,
            stored_at: adoption.set.stored_at,
            exposed: adoption.exposed,
        })
        .collect();
    store::begin_foreign(tx, &sets, now).await?;
    let seal = |adoptions: &[Adoption<'_>]| {
        let mut codes = Vec::new();
        for adoption in adoptions {
            codes.append(&mut foreign(
                services,
                &adoption.account_id,
                adoption.set,
                now,
            )?);
        }
        Ok::<_, FlowError>(codes)
    };
    let mut chunks = adoptions.chunks(SETS);
    let mut next = chunks.next().map(seal).transpose()?;
    while let Some(codes) = next {
        // sealed while the database writes those before
        let (written, following) = tokio::join!(
            biased;
            store::insert_foreign(tx, &codes),
            async { chunks.next().map(seal).transpose() },
        );
        written?;
        next = following?;
    }
    Ok(())
}

/// The rows of a set: spent codes by their hash alone, the others sealed.
fn foreign(
    services: &Services,
    account_id: &str,
    set: &Moving,
    now: i64,
) -> Result<Vec<Foreign>, FlowError> {
    let mut rows: Vec<Foreign> = Vec::with_capacity(set.codes.len());
    let mut seen = HashSet::new();
    for (text, spent) in &set.codes {
        let Some(code) = ForeignCode::parse(text) else {
            continue;
        };
        let hash = code.hash(account_id);
        if !seen.insert(hash) {
            continue;
        }
        let id = services.random.uuid_v7(now)?;
        let sealed = if *spent {
            None
        } else {
            let binding = binding(account_id, &id);
            Some(services.keyring().seal(now, binding, code.as_str())?)
        };
        rows.push(Foreign {
            account_id: account_id.to_owned(),
            position: i64::try_from(rows.len()).unwrap_or(i64::MAX),
            hash: if *spent { hash } else { domain::no_hash(&id) },
            spent_at: spent.then_some(now),
            sealed,
            id,
        });
    }
    Ok(rows)
}

/// The unspent codes of an account for another system, and how many cannot be read any more.
///
/// # Errors
/// [`FlowError::Opening`], [`FlowError::Store`].
pub async fn moving(
    services: &Services,
    account_id: &str,
) -> Result<Option<(Moving, usize)>, FlowError> {
    let Some(standing) = store::standing(&services.db, account_id).await? else {
        return Ok(None);
    };
    let left = store::left_now(&services.db, account_id).await?;
    let (mut codes, all) = (Vec::new(), left.len());
    for row in left {
        if let (Some(token), Some(key_id)) = (row.sealed_code, row.key_id) {
            let binding = binding(account_id, &row.id);
            codes.push((services.keyring().open(&token, &key_id, binding)?, false));
        }
    }
    let lost = all.saturating_sub(codes.len());
    let set = Moving {
        codes,
        created_at: standing.created_at,
        stored_at: standing.stored_at,
    };
    Ok(Some((set, lost)))
}

/// Whether a text can be a recovery code of an account at all: one of ours, or one of another system
/// where the account has such.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn is_code(services: &Services, account_id: &str, text: &str) -> Result<bool, FlowError> {
    Ok(Code::parse(text).is_some()
        || is_foreign_code(text) && store::is_foreign(&services.db, account_id).await?)
}

/// A right code that is still to be spent.
#[derive(Debug)]
pub struct Match(Found);

#[derive(Debug)]
enum Found {
    Own([u8; 32]),
    Foreign { id: String, hash: [u8; 32] },
}

/// Why a code was not accepted; for the audit trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The account has no set, or the type is switched off.
    None,
    /// The set is closed after too many wrong codes.
    Closed,
    /// The code is wrong; `closes` when it was the last try.
    Wrong {
        /// Whether the set is closed by it.
        closes: bool,
    },
    /// The code was used already.
    Used,
}

/// A set one of whose codes may be tried, and how many failures it has now; see [`try_code`].
pub struct Counted(Option<i64>);

/// Counts a try on an account's set, in a transaction to be committed before [`try_code`].
///
/// # Errors
/// [`FlowError::Store`]; the try must then not be made.
pub async fn take(
    services: &Services,
    tx: &mut Tx,
    account_id: &str,
) -> Result<Counted, FlowError> {
    if !services.settings.supported_types.recovery_codes {
        return Ok(Counted(None));
    }
    Ok(Counted(store::take(tx, account_id).await?))
}

/// Looks for a code in an account's set; spends nothing yet.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn try_code(
    services: &Services,
    account_id: &str,
    Counted(failures): Counted,
    text: &str,
) -> Result<Result<Match, Refusal>, FlowError> {
    let Some(failures) = failures else {
        let any = store::standing(&services.db, account_id).await?;
        return Ok(Err(if any.is_some() {
            Refusal::Closed
        } else {
            Refusal::None
        }));
    };
    if let Some(code) = Code::parse(text) {
        let hash = code.hash(account_id);
        match store::is_spent(&services.db, account_id, &hash).await? {
            Some(false) => return Ok(Ok(Match(Found::Own(hash)))),
            Some(true) => return Ok(Err(Refusal::Used)),
            None => {}
        }
    }
    if let Some(code) = ForeignCode::parse(text) {
        let hash = code.hash(account_id);
        if store::is_spent(&services.db, account_id, &hash).await? == Some(true) {
            return Ok(Err(Refusal::Used));
        }
        if let Some(id) = find_foreign(services, account_id, &code).await? {
            return Ok(Ok(Match(Found::Foreign { id, hash })));
        }
    }
    Ok(Err(Refusal::Wrong {
        closes: failures >= CLOSES_AT,
    }))
}

/// The row with an unspent code of another system: all of them are opened, whichever it is.
async fn find_foreign(
    services: &Services,
    account_id: &str,
    code: &ForeignCode,
) -> Result<Option<String>, FlowError> {
    if !store::is_foreign(&services.db, account_id).await? {
        return Ok(None);
    }
    let mut found = None;
    for row in store::left_now(&services.db, account_id).await? {
        let (Some(token), Some(key_id)) = (row.sealed_code, row.key_id) else {
            continue;
        };
        let binding = binding(account_id, &row.id);
        if code.is(&services.keyring().open(&token, &key_id, binding)?) {
            found = Some(row.id);
        }
    }
    Ok(found)
}

/// Spends a right code in the caller's transaction and answers how many are left; `None` for all
/// callers but one.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn spend(
    services: &Services,
    tx: &mut Tx,
    account_id: &str,
    Match(found): &Match,
) -> Result<Option<usize>, FlowError> {
    let now = services.clock.now();
    let spent = match found {
        Found::Own(hash) => store::spend(tx, account_id, hash, now).await?,
        Found::Foreign { id, hash } => store::spend_foreign(tx, account_id, id, hash, now).await?,
    };
    if !spent {
        return Ok(None);
    }
    store::forgive(tx, account_id).await?;
    Ok(Some(store::left(tx, account_id).await?.len()))
}
