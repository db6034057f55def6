//! What the second factor costs: the settings page of an account with one, and the check of a code.

use std::time::Duration;

use inmor_mfa::{
    clock::Clock,
    crypto::sealing::{Binding, Keyring, Purpose},
    mfa::totp::domain::{self, Code, NOTHING_SPENT, Parameters},
};
use totp_rs::{Builder, Secret};

use crate::{
    Outcomes, expect,
    http::Browser,
    load::now,
    program::{ENROLLED, PASSWORD, Program},
    table::row,
};

const ACTIVATE: &str = "/accounts/2fa/totp/activate/";

/// A browser signed in to an account with an authenticator app and recovery codes.
pub fn enrolled(program: &Program) -> Outcomes<Browser> {
    let mut browser = program.browser();
    let fields = [("login", ENROLLED), ("password", PASSWORD)];
    expect(&browser.post("/accounts/login/", &fields)?, 303)?;
    let page = browser.get(ACTIVATE)?;
    expect(&page, 200)?;
    let text = page.text();
    let secret = text
        .split_once("<code id=\"secret\">")
        .and_then(|(_, rest)| rest.split_once('<'))
        .map(|(secret, _)| secret.replace(' ', ""))
        .ok_or("the page shows no secret")?;
    let totp = Builder::new()
        .with_secret(Secret::try_from_base32(&secret).map_err(|error| error.to_string())?)
        .build()
        .map_err(|error| error.to_string())?;
    let at = u64::try_from(Clock::system().now())?;
    let code = totp.generate(at).to_string();
    expect(&browser.post(ACTIVATE, &[("code", &code)])?, 303)?;
    Ok(browser)
}

/// Opens a sealed secret and compares a wrong code with every step that it is looked for in, on one core.
pub fn verifications(time: Duration) -> Outcomes<()> {
    const BINDING: Binding<'_> = Binding {
        purpose: Purpose::Totp,
        account: "01a1ee56-5e00-7019-a9f0-d30758ecaefd",
        factor: "01a1ee56-5e00-7e9a-a3d1-16040486d843",
    };
    const PARAMETERS: Parameters = Parameters {
        digits: 6,
        period: 30,
        tolerance: 1,
    };
    const AT: i64 = 1_795_000_000;
    let keyring = Keyring::new([&[7; 32]]).ok_or("there is no key")?;
    let sealed = keyring.seal(AT, BINDING, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")?;
    let totp = Builder::new()
        .with_secret(b"12345678901234567890".to_vec())
        .build()
        .map_err(|error| error.to_string())?;
    let right = totp.generate(u64::try_from(AT)?).to_string();
    for (name, text) in [("right", right.as_str()), ("wrong", "000000")] {
        let code = Code::parse(text, 6).ok_or("no code")?;
        let (begun, mut count) = (now(), 0_u32);
        while begun.elapsed() < time {
            let secret = keyring.open(&sealed.token, &sealed.key_id, BINDING)?;
            let bytes = domain::secret_bytes(&secret).ok_or("no secret")?;
            std::hint::black_box(domain::compare(
                &bytes,
                &code,
                AT,
                PARAMETERS,
                NOTHING_SPENT,
            ));
            count += 1;
        }
        row(
            &format!("TOTP verifications, unsealing included, {name} codes, one core"),
            &format!("{:.0}/s", f64::from(count) / begun.elapsed().as_secs_f64()),
            "",
        );
    }
    Ok(())
}
