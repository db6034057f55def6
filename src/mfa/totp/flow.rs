//! What an administrator does with authenticator apps.

use zeroize::Zeroizing;

use super::{
    Deactivation, Device, Enrolment,
    domain::{self, Code, Memory, Outcome, Parameters},
    store::{self, CLOSES_AT, Listed},
};
use crate::{
    audit::flow::Action,
    auth::{
        sessions::flow::{Admin, Enroller, Holder, Method, RecentAdmin, time_in_words},
        throttle::flow::{self as throttle, Subject},
    },
    crypto::{
        sealing::{Binding, Purpose},
        token::Token,
    },
    error::Error,
    mfa::factors::flow::{self as factors, Change},
    services::{Client, FlowError, Services},
    store::{Tx, sealed::SealedColumn},
};

/// Seconds an app can be set up with one secret.
pub const ENROLMENT_LIFETIME: i64 = 600;
/// Apps an account may have.
pub const MOST: i64 = 10;
/// Where the secrets of apps are sealed, and for what.
pub const SEALED: [(SealedColumn, Purpose); 2] = [
    (store::SECRETS, Purpose::Totp),
    (store::ENROLMENTS, Purpose::TotpEnrolment),
];

fn parameters(services: &Services) -> Parameters {
    let settings = &services.settings;
    Parameters {
        digits: settings.totp_digits,
        period: settings.totp_period,
        tolerance: i64::from(settings.totp_tolerance),
    }
}

/// # Errors
/// [`Error::NotFound`] where the type is switched off.
fn supported(services: &Services) -> Result<(), Error> {
    if services.settings.supported_types.totp {
        Ok(())
    } else {
        Err(Error::NotFound)
    }
}

/// The account's apps, the oldest first.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn devices(services: &Services, who: &Holder) -> Result<Vec<Device>, FlowError> {
    devices_of(services, who.account_id()).await
}

/// The apps of an account whose password was right.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn devices_of(services: &Services, account_id: &str) -> Result<Vec<Device>, FlowError> {
    let rows = store::list(&services.db, account_id).await?;
    Ok(rows.into_iter().map(Device::from).collect())
}

impl From<Listed> for Device {
    fn from(row: Listed) -> Self {
        Self {
            id: row.id,
            label: row.label,
            added: time_in_words(row.created_at),
            last_used: row.last_used_at.map(time_in_words),
            closed: row.failures >= CLOSES_AT,
            exposed: row.exposed_at.is_some(),
        }
    }
}

/// The app that is being set up in this session, begun now if there is none.
///
/// # Errors
/// [`Error::NotFound`] where the type is switched off.
pub async fn enrolment(services: &Services, who: &Enroller) -> Result<Enrolment, FlowError> {
    supported(services)?;
    let now = services.clock.now();
    let since = now.saturating_sub(ENROLMENT_LIFETIME);
    let (session, account) = (who.session_id(), who.account_id());
    if store::enrolment(&services.db, session, since)
        .await?
        .is_none()
    {
        let id = services.random.uuid_v7(now)?;
        let secret = domain::new_secret(&services.random)?;
        let binding = enrolment_binding(account, &id);
        let sealed = services.keyring().seal(now, binding, &secret)?;
        let mut tx = services.db.begin().await?;
        store::begin(&mut tx, session, &id, &sealed, now, since).await?;
        tx.commit().await?;
    }
    // another request of the session may have begun it: all show the same
    let row = store::enrolment(&services.db, session, since)
        .await?
        .ok_or(Error::SignInFirst)?;
    let binding = enrolment_binding(account, &row.id);
    let secret = services
        .keyring()
        .open(&row.sealed_secret, &row.key_id, binding)?;
    let (parameters, issuer) = (parameters(services), &services.settings.totp_issuer);
    let bytes = domain::secret_bytes(&secret).ok_or(Error::Internal)?;
    let uri = domain::uri(&bytes, who.username(), issuer, parameters).ok_or(Error::Internal)?;
    Ok(Enrolment {
        secret: domain::in_groups(&secret),
        qr: domain::qr(&uri).ok_or(Error::Internal)?,
        uri,
        digits: parameters.digits,
        makes_recovery_codes: factors::makes_recovery_codes(services, account).await?,
    })
}

fn enrolment_binding<'a>(account: &'a str, id: &'a str) -> Binding<'a> {
    Binding {
        purpose: Purpose::TotpEnrolment,
        account,
        factor: id,
    }
}

fn device_binding<'a>(account: &'a str, id: &'a str) -> Binding<'a> {
    Binding {
        purpose: Purpose::Totp,
        account,
        factor: id,
    }
}

/// Drops the secret that is being set up; the page then shows a new one.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn renew(services: &Services, who: &Enroller) -> Result<(), FlowError> {
    supported(services)?;
    let mut tx = services.db.begin().await?;
    store::abandon(&mut tx, who.session_id()).await?;
    tx.commit().await?;
    Ok(())
}

/// Adds the app that was set up, once a code of it is right.
///
/// # Errors
/// [`Error::EnrolmentOver`], [`Error::WrongCode`], [`Error::DeviceClock`], [`Error::LabelNotAllowed`],
/// [`Error::TooManyDevices`], [`Error::TooManyCodes`].
pub async fn activate(
    services: &Services,
    client: &Client,
    who: &Enroller,
    text: &str,
    label: &str,
) -> Result<Change, FlowError> {
    supported(services)?;
    let label = factors::label(label, "Authenticator app")?;
    let (now, parameters, account) = (services.clock.now(), parameters(services), who.account_id());
    let since = now.saturating_sub(ENROLMENT_LIFETIME);
    let open = store::enrolment(&services.db, who.session_id(), since)
        .await?
        .ok_or(Error::EnrolmentOver)?;
    let subject = Subject::of(&[account, "enrolment"]);
    let mut tx = services.db.begin().await?;
    if !throttle::take(services, &mut tx, throttle::CODE, &subject).await? {
        return Err(Error::TooManyCodes.into());
    }
    tx.commit().await?;
    let binding = enrolment_binding(account, &open.id);
    let secret = services
        .keyring()
        .open(&open.sealed_secret, &open.key_id, binding)?;
    let bytes = domain::secret_bytes(&secret).ok_or(Error::Internal)?;
    let code = Code::parse(text, parameters.digits).ok_or(Error::WrongCode)?;
    let (step, same_later) =
        match domain::compare(&bytes, &code, now, parameters, domain::NOTHING_SPENT) {
            Outcome::Right { step, same_later } => (step, same_later),
            Outcome::Off { seconds, .. } => return Err(clock_off(seconds).into()),
            Outcome::Used | Outcome::Wrong => return Err(Error::WrongCode.into()),
        };
    let id = services.random.uuid_v7(now)?;
    let sealed = services
        .keyring()
        .seal(now, device_binding(account, &id), &secret)?;
    let new = store::New {
        id: &id,
        account_id: account,
        label: &label,
        sealed: &sealed,
        last_step: step,
        burned_step: same_later.unwrap_or(-1),
        now,
    };
    let mut tx = services.db.begin().await?;
    let token = factors::begin_change(services, &mut tx, who, Some(Method::Otp)).await?;
    if !store::finish(&mut tx, &open.id).await? {
        return Err(Error::EnrolmentOver.into());
    }
    if !store::insert(&mut tx, &new, MOST).await? {
        return Err(Error::TooManyDevices.into());
    }
    throttle::clear(&mut tx, throttle::CODE, &subject).await?;
    factors::added(
        services,
        tx,
        client,
        who,
        token,
        Action::FactorAdded,
        &label,
    )
    .await
}

/// What the page that deactivates an app shows; all apps, or the one of an id.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
pub async fn deactivation(
    services: &Services,
    who: &Admin,
    id: Option<&str>,
) -> Result<Deactivation, FlowError> {
    supported(services)?;
    let all = devices(services, who).await?;
    let others = factors::count(services, who.account_id()).await?;
    let devices: Vec<Device> = all
        .into_iter()
        .filter(|device| id.is_none_or(|id| device.id == id))
        .collect();
    if devices.is_empty() {
        return Err(Error::NotFound.into());
    }
    let is_last = others == 1;
    Ok(Deactivation {
        devices,
        is_last,
        forbidden: is_last && services.settings.mfa_required,
    })
}

/// Removes an app, the only one when no id is given; the last factor takes the recovery codes with it.
///
/// # Errors
/// [`Error::NotFound`], [`Error::ChooseDevice`], [`Error::FactorRequired`] where the policy asks for one.
pub async fn deactivate(
    services: &Services,
    client: &Client,
    who: &RecentAdmin,
    id: Option<&str>,
) -> Result<Token, FlowError> {
    supported(services)?;
    let found = deactivation(services, who, id).await?;
    let [device] = found.devices.as_slice() else {
        return Err(Error::ChooseDevice.into());
    };
    let mut tx = services.db.begin().await?;
    let token = factors::begin_change(services, &mut tx, who, None).await?;
    let even_the_last = !services.settings.mfa_required;
    if !store::delete(&mut tx, who.account_id(), &device.id, even_the_last).await? {
        return Err(if even_the_last {
            Error::NotFound
        } else {
            Error::FactorRequired
        }
        .into());
    }
    factors::removed(
        services,
        tx,
        client,
        who,
        token,
        Action::FactorRemoved,
        &device.label,
    )
    .await
}

/// In the caller's transaction, removes all apps of an account.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn remove_all_of(tx: &mut Tx, account_id: &str) -> Result<u64, FlowError> {
    Ok(store::delete_all_of(tx, account_id).await?)
}

/// An app of another system, or for one.
pub struct Moving {
    /// What its owner calls it.
    pub label: String,
    /// The shared secret in base32.
    pub secret: Zeroizing<String>,
    /// When it was added, in seconds since 1970 UTC.
    pub created_at: i64,
    /// When a code of it was last accepted.
    pub last_used_at: Option<i64>,
}

/// Whether a text can be a code of an app here.
#[must_use]
pub fn is_code(services: &Services, text: &str) -> bool {
    Code::parse(text, parameters(services).digits).is_some()
}

/// Whether a text is a shared secret in base32.
#[must_use]
pub fn is_secret(text: &str) -> bool {
    domain::secret_bytes(text).is_some_and(|bytes| !bytes.is_empty())
}

/// An app of another system, for an account here.
pub struct Adoption<'a> {
    /// The account.
    pub account_id: String,
    /// The app.
    pub app: &'a Moving,
    /// Whether its secret may be known to others.
    pub exposed: bool,
}

/// In the caller's transaction, adds apps of another system. The code that was last accepted there is
/// not accepted here.
///
/// # Errors
/// [`FlowError::Sealing`], [`FlowError::Store`].
pub async fn adopt(
    services: &Services,
    tx: &mut Tx,
    adoptions: &[Adoption<'_>],
) -> Result<(), FlowError> {
    let now = services.clock.now();
    let mut rows = Vec::with_capacity(adoptions.len());
    for adoption in adoptions {
        let (account_id, app) = (&adoption.account_id, adoption.app);
        let id = services.random.uuid_v7(now)?;
        let binding = device_binding(account_id, &id);
        let used = app.last_used_at.filter(|used| *used <= now);
        rows.push(store::Adopted {
            sealed: services.keyring().seal(now, binding, &app.secret)?,
            id,
            account_id,
            label: &app.label,
            last_step: used.map_or(-1, |used| parameters(services).step(used)),
            created_at: app.created_at,
            last_used_at: app.last_used_at,
            exposed_at: adoption.exposed.then_some(now),
        });
    }
    Ok(store::adopt(tx, &rows).await?)
}

/// The apps of an account with their secrets, for another system; the oldest first.
///
/// # Errors
/// [`FlowError::Opening`], [`FlowError::Store`].
pub async fn moving(services: &Services, account_id: &str) -> Result<Vec<Moving>, FlowError> {
    let mut apps = Vec::new();
    for row in store::secrets(&services.db, account_id).await? {
        let binding = device_binding(account_id, &row.id);
        let opened = services
            .keyring()
            .open(&row.sealed_secret, &row.key_id, binding);
        apps.push(Moving {
            label: row.label,
            secret: opened?,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
        });
    }
    Ok(apps)
}

/// A right code that is still to be spent.
#[derive(Debug)]
pub struct Match {
    device: String,
    step: i64,
    same_later: Option<i64>,
}

/// Why a code was not accepted, for the audit trail and, past the password, for the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The account has no app, or the type is switched off.
    None,
    /// Every app is closed after too many wrong codes.
    Closed,
    /// The code is wrong; `closes` when it was the last try.
    Wrong {
        /// Whether an app is closed by it.
        closes: bool,
    },
    /// The code was used already.
    Used,
    /// The device's clock is off by so many seconds, ahead when positive.
    Off(i64),
    /// No key opens the secret.
    Unreadable,
}

/// The devices whose code may be tried, each counted; see [`try_code`].
pub struct Counted(Vec<store::Open>);

/// Counts a try for all apps of an account, in a transaction to be committed before [`try_code`].
///
/// # Errors
/// [`FlowError::Store`]; the try must then not be made.
pub async fn take(
    services: &Services,
    tx: &mut Tx,
    account_id: &str,
) -> Result<Counted, FlowError> {
    if !services.settings.supported_types.totp {
        return Ok(Counted(Vec::new()));
    }
    Ok(Counted(store::take(tx, account_id).await?))
}

/// Compares a code with that of each app; spends nothing yet.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn try_code(
    services: &Services,
    account_id: &str,
    Counted(devices): Counted,
    text: &str,
) -> Result<Result<Match, Refusal>, FlowError> {
    let (now, parameters) = (services.clock.now(), parameters(services));
    if devices.is_empty() {
        let any = store::list(&services.db, account_id).await?;
        let closed = services.settings.supported_types.totp && !any.is_empty();
        return Ok(Err(if closed {
            Refusal::Closed
        } else {
            Refusal::None
        }));
    }
    let closes = devices.iter().any(|device| device.failures >= CLOSES_AT);
    let mut refusal = Refusal::Wrong { closes };
    let Some(code) = Code::parse(text, parameters.digits) else {
        return Ok(Err(refusal));
    };
    for device in devices {
        let binding = device_binding(account_id, &device.id);
        let opened = services
            .keyring()
            .open(&device.sealed_secret, &device.key_id, binding);
        let secret = match opened {
            Ok(secret) => domain::secret_bytes(&secret),
            Err(error) => {
                tracing::error!(%error, account = account_id, device = device.id, "the secret of {:?} cannot be opened", device.label);
                None
            }
        };
        let Some(secret) = secret else {
            refusal = Refusal::Unreadable;
            continue;
        };
        let memory = Memory {
            last: device.last_step,
            burned: device.burned_step,
        };
        match domain::compare(&secret, &code, now, parameters, memory) {
            Outcome::Right { step, same_later } => {
                return Ok(Ok(Match {
                    device: device.id,
                    step,
                    same_later,
                }));
            }
            Outcome::Used => refusal = Refusal::Used,
            Outcome::Off { seconds, step } => {
                if seconds > 0 {
                    let mut tx = services.db.begin().await?;
                    store::burn(&mut tx, &device.id, step).await?;
                    tx.commit().await?;
                }
                refusal = Refusal::Off(seconds);
            }
            Outcome::Wrong => {}
        }
    }
    Ok(Err(refusal))
}

/// Spends a right code in the caller's transaction; only one caller ever is told `true`.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn spend(
    services: &Services,
    tx: &mut Tx,
    account_id: &str,
    right: &Match,
) -> Result<bool, FlowError> {
    let now = services.clock.now();
    let implausible_after = parameters(services).implausible_after(now);
    let spent = store::spend(
        tx,
        &right.device,
        right.step,
        right.same_later,
        implausible_after,
        now,
    )
    .await?;
    if spent {
        store::forgive(tx, account_id).await?;
    }
    Ok(spent)
}

/// How far a device's clock is off, as told to its owner.
#[must_use]
pub fn clock_off(seconds: i64) -> Error {
    Error::DeviceClock {
        seconds: i32::try_from(seconds).unwrap_or(i32::MAX),
    }
}

/// Deletes at most a thousand enrolments that have run out.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn purge(services: &Services) -> Result<u64, FlowError> {
    let since = services.clock.now().saturating_sub(ENROLMENT_LIFETIME);
    let mut tx = services.db.begin().await?;
    let gone = store::purge(&mut tx, since).await?;
    tx.commit().await?;
    Ok(gone)
}

/// The label of an app, for its owner.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn label_of(
    services: &Services,
    who: &Holder,
    id: &str,
) -> Result<Option<String>, FlowError> {
    let all = devices(services, who).await?;
    Ok(all
        .into_iter()
        .find(|device| device.id == id)
        .map(|device| device.label))
}

/// In the caller's transaction, takes no code any more that any app shows up to now.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn spend_until_now(services: &Services, tx: &mut Tx) -> Result<(), FlowError> {
    let parameters = parameters(services);
    let latest = parameters
        .step(services.clock.now())
        .saturating_add(parameters.tolerance);
    Ok(store::spend_until(tx, latest).await?)
}
