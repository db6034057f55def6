//! The one error that crosses to the browser: no text, no cause, nothing secret.

use leptos::server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};
use serde::{Deserialize, Serialize};

/// Why a request was refused. Its `Display` text says what to do next; a command in it stands
/// between backticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Error {
    /// Name or password is wrong, the account is disabled, or it is too early for another
    /// try; which of them is not told. 401.
    #[error(
        "That name and password do not match. Check both and try again; after several wrong tries, wait a minute first."
    )]
    WrongCredentials,
    /// The caller's own password, asked for again, is wrong. 422.
    #[error("That is not your current password. After several wrong tries, wait a minute first.")]
    WrongCurrentPassword,
    /// The code is wrong, expired or already used; which of them is not told. 422.
    #[error("That code is not right, or was used before. Enter a new one, or use another way.")]
    WrongCode,
    /// The code is right for another minute: the device's clock is off. Told only after the right
    /// password. 422.
    #[error("{}", clock_words(*seconds))]
    DeviceClock {
        /// By how many seconds; ahead when positive.
        seconds: i32,
    },
    /// Too many wrong codes for this factor: the next try has to wait. 429.
    #[error("Too many wrong codes were tried. Wait a few minutes, or use another way.")]
    TooManyCodes,
    /// The factor's sealed secret cannot be opened. 503.
    #[error(
        "This server cannot read the secret of your authenticator app. Use another way, and tell your operator."
    )]
    FactorUnreadable,
    /// The time or the tries between password and second factor are used up. 401.
    #[error("This sign-in has run out. Start again with your password.")]
    AttemptOver,
    /// What is asked for needs a fresh confirmation of who is asking. 403.
    #[error("Confirm that it is you, then try again.")]
    ConfirmFirst,
    /// The policy asks for a factor, which this account has to add first. 403.
    #[error("Add an authenticator app or a key first: this site asks for a second factor.")]
    EnrolFirst,
    /// The policy asks for a factor, so the last one stays. 422.
    #[error(
        "This site asks for a second factor, so the last one cannot be removed. Add another first."
    )]
    FactorRequired,
    /// The secret that was being set up is ten minutes old or was replaced. 422.
    #[error("That secret is not valid any more. Scan the new one, then enter its code.")]
    EnrolmentOver,
    /// A label is too long or has characters that do not print. 422.
    #[error("Use a name of at most 64 ordinary characters.")]
    LabelNotAllowed,
    /// The answer of a key is not right, came too late or twice; which of them is not told. 422.
    #[error("That key was not accepted, or it took too long. Try again, or use another way.")]
    KeyRefused,
    /// The account has as many keys as it may. 422.
    #[error("You have twenty keys, which is the most. Remove one first.")]
    TooManyKeys,
    /// The account has as many authenticator apps as it may. 422.
    #[error("You have ten authenticator apps, which is the most. Remove one first.")]
    TooManyDevices,
    /// There are several, and none was chosen. 422.
    #[error("Choose which authenticator app.")]
    ChooseDevice,
    /// Recovery codes stand in for a factor, and there is none. 422.
    #[error("Recovery codes stand in for an authenticator app or a key. Add one first.")]
    NoFactorYet,
    /// Too many wrong tries from this address, whoever was meant. 429.
    #[error("Too many wrong tries came from your network address. Wait a minute, then try again.")]
    TooManyTries,
    /// The page is for signed-in administrators. 401.
    #[error("Sign in to go on.")]
    SignInFirst,
    /// The first-run link is unknown, used, or older than 30 minutes. 403.
    #[error(
        "This set-up link is not valid any more. Print a fresh one on the server with `inmor-mfa setup-link`."
    )]
    LinkNotValid,
    /// The username is empty, too long, or has characters that a name cannot have. 422.
    #[error(
        "Use a username of letters, digits and . @ + - _ without blanks, at most 150 characters."
    )]
    UsernameNotAllowed,
    /// The e-mail address is not one. 422.
    #[error("That is not an e-mail address. Correct it, or leave the field empty.")]
    EmailNotAllowed,
    /// Another account has this username or e-mail address. 422.
    #[error("Another account has that username or e-mail address. Choose another.")]
    NameTaken,
    /// The password has fewer characters than the rules ask for. 422.
    #[error(
        "Use at least {min} characters. A few unrelated words are easier to remember than a short jumble."
    )]
    PasswordTooShort {
        /// The least number of characters.
        min: u32,
    },
    /// The password has more than 256 characters. 422.
    #[error("Use at most 256 characters.")]
    PasswordTooLong,
    /// The password is a common one or easily guessed. 422.
    #[error(
        "That password is among those guessed first. Choose a less common one, such as a few unrelated words."
    )]
    PasswordCommon,
    /// The password is made of the user's, the product's or the operator's name. 422.
    #[error(
        "That password is built from your name or this site's. Choose one that has nothing to do with either."
    )]
    PasswordFromContext,
    /// The new password is the old one. 422.
    #[error("That is the password you have now. Choose another.")]
    PasswordUnchanged,
    /// The form or the body is not what this address takes. 400.
    #[error("Something was missing from that form. Fill it in and send it again.")]
    BadRequest,
    /// No such thing, or not yours. 404.
    #[error("There is nothing here, or not any more.")]
    NotFound,
    /// All hashing places were taken for 10 seconds. 503.
    #[error("Many people are signing in at the moment. Try again in a few seconds.")]
    Busy,
    /// The database does not answer. 503.
    #[error("The service cannot reach its database. Nothing was changed; try again in a moment.")]
    Unavailable,
    /// A defect; details are in the server's log. 500.
    #[error("Something went wrong on the server; its log has the details. Nothing was changed.")]
    Internal,
}

impl Error {
    /// The HTTP status that goes with it.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::WrongCredentials | Self::SignInFirst | Self::AttemptOver => 401,
            Self::LinkNotValid | Self::ConfirmFirst | Self::EnrolFirst => 403,
            Self::NotFound => 404,
            Self::TooManyTries | Self::TooManyCodes => 429,
            Self::Internal => 500,
            Self::Busy | Self::Unavailable | Self::FactorUnreadable => 503,
            _ => 422,
        }
    }

    /// The name of the form field at fault, when it is one alone.
    #[must_use]
    pub const fn field(self) -> Option<&'static str> {
        match self {
            Self::UsernameNotAllowed => Some("login"),
            Self::EmailNotAllowed => Some("email"),
            Self::WrongCurrentPassword => Some("password"),
            Self::WrongCode | Self::DeviceClock { .. } => Some("code"),
            Self::LabelNotAllowed => Some("name"),
            Self::ChooseDevice => Some("id"),
            Self::PasswordTooShort { .. }
            | Self::PasswordTooLong
            | Self::PasswordCommon
            | Self::PasswordFromContext
            | Self::PasswordUnchanged => Some("new_password"),
            _ => None,
        }
    }
}

/// How far a clock is off and what to do about it.
fn clock_words(seconds: i32) -> String {
    let minutes = seconds.unsigned_abs().div_ceil(60);
    let unit = if minutes == 1 { "minute" } else { "minutes" };
    let direction = if seconds > 0 { "ahead" } else { "slow" };
    format!(
        "That code is right for another time: your device's clock is about {minutes} {unit} {direction}. Let it set its time by itself, then try a new code."
    )
}

impl FromServerFnError for Error {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::MissingArg(_)
            | ServerFnErrorErr::Args(_)
            | ServerFnErrorErr::Deserialization(_) => Self::BadRequest,
            ServerFnErrorErr::Request(_) => Self::Unavailable,
            _ => Self::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Error;

    #[test]
    fn a_clock_that_is_off_is_told_with_direction_in_whole_minutes() {
        let words = |seconds| Error::DeviceClock { seconds }.to_string();
        assert!(words(-60).contains("about 1 minute slow"));
        assert!(words(90).contains("about 2 minutes ahead"));
        assert!(words(i32::MIN).contains("slow"));
    }
}
