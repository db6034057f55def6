//! What the rows of a Django site mean.

mod codes;
mod digest;
mod handle;
mod names;
mod record;
mod report;
mod secret;

pub use codes::codes;
pub use digest::{digest, lessened};
pub use handle::user_handle;
pub use names::{Names, hash};
pub use record::{Address, Authenticator, Record, address, seconds};
pub use report::{AccountReport, CodesReport, Left, Outcome};
pub use secret::{Keys, Unreadable, app};
