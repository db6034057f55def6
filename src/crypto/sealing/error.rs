/// A secret could not be sealed.
#[derive(Debug, thiserror::Error)]
#[error("a secret cannot be written as JSON")]
pub struct SealError(#[from] serde_json::Error);

/// A sealed secret does not open. Says nothing of what is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The key that sealed it is not set, or no longer.
    #[error("no key in MFA_ENCRYPTION_KEY has the id {key_id}")]
    NoKey {
        /// The id that is looked for.
        key_id: String,
    },
    /// The token is damaged, or stands in a row that it was not sealed for.
    #[error("the sealed secret is damaged or was sealed for another account, factor or purpose")]
    Broken,
}
