//! What the harness is asked for.

use std::time::Duration;

use inmor_mfa::crypto::random::Random;

const USAGE: &str = "\
usage: torture [--short] [--seed N] [--rounds N] [--minutes N] [--only NAME] [--on DATABASE]
               [--without-mount]
  --short          a few minutes in all, for CI; without it 200 kills of the script, 50 of a rotation
  --seed N         repeat the choices of the run that printed N
  --rounds N       so many rounds of each scenario
  --minutes N      begin anew, with the next seed, until so much time has gone
  --only NAME      scenarios whose name contains this, such as CRA-01
  --on DATABASE    sqlite or postgres; without it both
  --without-mount  leave out what needs to mount a small file system (as root, on Linux)";

/// What was asked for.
#[derive(Clone)]
pub struct Options {
    pub short: bool,
    pub seed: u64,
    pub rounds: Option<usize>,
    pub time: Duration,
    pub only: String,
    pub on: String,
    pub may_mount: bool,
}

impl Options {
    /// # Errors
    /// How it is used, or that the system gives no seed.
    pub fn read(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let seed = Random::system().bytes::<4>();
        let mut options = Self {
            short: false,
            seed: u32::from_be_bytes(seed.map_err(|error| error.to_string())?).into(),
            rounds: None,
            time: Duration::ZERO,
            only: String::new(),
            on: String::new(),
            may_mount: true,
        };
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| USAGE.to_owned());
            match word.as_str() {
                "--short" => options.short = true,
                "--without-mount" => options.may_mount = false,
                "--seed" => options.seed = number(&value()?)?,
                "--rounds" => options.rounds = usize::try_from(number(&value()?)?).ok(),
                "--minutes" => {
                    options.time = Duration::from_secs(number(&value()?)?.saturating_mul(60));
                }
                "--only" => options.only = value()?,
                "--on" => options.on = value()?,
                // cargo says it to every bench
                "--bench" => {}
                _ => return Err(USAGE.to_owned()),
            }
        }
        Ok(options)
    }
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| USAGE.to_owned())
}
