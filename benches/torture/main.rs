//! Kills, fills, stops and cuts off the program while people use it, and looks for what must never be:
//! something acknowledged that is gone, something half done, a code that works twice, a way in.
//!
//! `make torture`, or `.ci/torture --help` for the options. It runs the program that `INMOR_MFA_BIN`
//! names, else the one cargo has built, on a SQLite file and on the PostgreSQL of `.ci/postgres`. Each
//! scenario prints one line, with the seed that repeats its choices; what the machine makes of them
//! in time differs from run to run.

mod aftermath;
mod base;
mod chance;
mod crash;
mod crowd;
mod full_disk;
mod hang_ups;
#[path = "../../src/tests/program/http.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod http;
mod kills;
mod locks;
mod options;
mod outage;
mod person;
#[path = "../../src/tests/program/postgres.rs"]
#[expect(
    dead_code,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "the tests use more of it, and may panic"
)]
mod postgres;
mod rotation;
mod rush;
mod script;
mod secrets;
mod seen;
mod site;
mod small_disk;
mod starts;
#[path = "../../src/tests/program/support.rs"]
#[expect(
    dead_code,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the tests use more of it, and may panic"
)]
mod support;
mod trial;
mod two_rotations;

use std::{error::Error, process::ExitCode};

use options::Options;
use trial::{On, Scenario};

/// What fails says why in words; the scenario is then FAILED and the next one runs.
type Outcomes<T> = Result<T, Box<dyn Error>>;

/// Fails the scenario with words unless something holds.
macro_rules! ensure {
    ($holds:expr, $($words:tt)+) => {
        if !$holds {
            return Err(format!($($words)+).into());
        }
    };
}
pub(crate) use ensure;

/// All of them, in the order in which they run.
const SCENARIOS: &[Scenario] = &[
    Scenario::new("CRA-01 killed in a script", On::Both, kills::script),
    Scenario::new("CRA-02 killed around a confirm", On::Both, kills::confirm),
    Scenario::new("CRA-03 killed under sign-ins", On::Both, crash::kill),
    Scenario::new("CRA-04 stopped under sign-ins", On::Both, crash::stop),
    Scenario::new("CRA-05 disk full", On::Sqlite, full_disk::full),
    Scenario::new("CRA-06 disk read-only", On::Sqlite, small_disk::read_only),
    Scenario::new("CRA-07 database stopped", On::Postgres, outage::stopped),
    Scenario::new("CRA-07 database silent", On::Postgres, outage::silent),
    Scenario::new("CRA-08 database crashes", On::Postgres, outage::crashes),
    Scenario::new("CRA-09 write lock held", On::Sqlite, locks::held),
    Scenario::new("CRA-10 writes at once", On::Sqlite, locks::at_once),
    Scenario::new("CRA-11 two starts at once", On::Both, starts::two),
    Scenario::new("CRA-13 killed while migrating", On::Both, starts::migrating),
    Scenario::new("CRA-18 clients hang up", On::Sqlite, hang_ups::hashing),
    Scenario::new("RST-06 killed in a rotation", On::Both, rotation::killed),
    Scenario::new("RST-07 rotation in use", On::Both, two_rotations::in_use),
    Scenario::new("RST-09 two rotations", On::Both, two_rotations::two),
];

fn main() -> ExitCode {
    match Options::read(std::env::args().skip(1)) {
        Ok(options) => trial::run_all(SCENARIOS, &options),
        Err(usage) => trial::refuse(&usage),
    }
}
