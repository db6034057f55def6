use super::error::{Problem, quoted};
use super::parse::text;
use super::read::Written;
use crate::mail::{Sender, SmtpUrl};

pub(super) fn smtp_url(written: &Written) -> Result<SmtpUrl, Problem> {
    SmtpUrl::parse(&text(written)?).map_err(|unfit| Problem::new(unfit.wrong, unfit.right))
}

pub(super) fn sender(written: &Written) -> Result<Sender, Problem> {
    let text = text(written)?;
    Sender::parse(&text).ok_or_else(|| {
        Problem::new(
            format!("{} is no sender of letters", quoted(&text)),
            "write for example Inmor Admin <mfa@example.org>, the address in ASCII",
        )
    })
}
