//! `otpauth://` addresses.

use std::path::Path;

use totp_rs::Totp;

use crate::{
    auth::accounts::domain::Username,
    mfa::totp::domain::{Parameters, QR_BYTES, qr, uri},
    server::settings::Settings,
};

/// An address says what went into it. The lines are issuer and account; the rest is the secret.
pub fn otpauth(data: &[u8]) {
    let mut parts = data.splitn(3, |byte| *byte == b'\n');
    let mut text = || String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    let (issuer, account) = (text(), text());
    let secret = parts.next().unwrap_or_default();
    let parameters = Parameters {
        digits: if secret.len() % 2 == 0 { 6 } else { 8 },
        period: if secret.len() % 3 == 0 { 30 } else { 60 },
        tolerance: 1,
    };
    // wild values, too, are only refused
    let _ = uri(secret, &account, &issuer, parameters);
    let environment = [("MFA_TOTP_ISSUER", issuer)];
    let Ok(loaded) = Settings::load(Some(Path::new("/dev/null")), environment) else {
        return;
    };
    let issuer = loaded.settings.totp_issuer;
    let Some(account) = Username::parse(&account) else {
        return;
    };
    // RFC 4226 wants 128 bits; nothing here makes as long a secret as would not fit
    if !(16..=64).contains(&secret.len()) {
        return;
    }
    let Some(address) = uri(secret, account.as_str(), &issuer, parameters) else {
        unreachable!("no address for {account:?} of {issuer:?}");
    };
    assert!(address.len() <= QR_BYTES, "{address}");
    // drawing is slow, and a code that holds more holds less as well
    if address.len() > QR_BYTES - 12 {
        assert!(qr(&address).is_some(), "{address}");
    }
    assert!(
        address.bytes().all(|byte| byte.is_ascii_graphic()),
        "{address}"
    );
    let Ok(read) = Totp::from_url(&address) else {
        unreachable!("{address} cannot be read");
    };
    assert_eq!(read.issuer(), Some(issuer.as_str()));
    let whole = account.as_str().replace(':', "_");
    let label = read.account_name();
    assert!(
        if address.len() + 12 <= QR_BYTES {
            label == whole
        } else {
            whole.starts_with(label) && label.chars().count() >= 40
        },
        "{label:?} for {whole:?}"
    );
    assert_eq!(read.secret().as_ref(), secret);
    assert_eq!(u32::from(read.digits()), parameters.digits);
    assert_eq!(i64::try_from(read.step()), Ok(parameters.period));
}
