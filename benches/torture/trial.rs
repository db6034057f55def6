//! Runs scenarios and says how each went.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind, set_hook},
    process::ExitCode,
    time::Instant,
};

use crate::{Outcomes, chance::Chance, options::Options};

/// Which database.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

/// The databases a scenario is about.
#[derive(Clone, Copy)]
pub enum On {
    Both,
    Sqlite,
    Postgres,
}

type Act = fn(&mut Trial) -> Outcomes<String>;

/// Something that can happen to the program; `act` answers how much of it and what was checked.
pub struct Scenario {
    name: &'static str,
    on: On,
    act: Act,
}

impl Scenario {
    pub const fn new(name: &'static str, on: On, act: Act) -> Self {
        Self { name, on, act }
    }

    fn kinds(&self, options: &Options) -> Vec<(Kind, &'static str)> {
        let all = [(Kind::Sqlite, "sqlite"), (Kind::Postgres, "postgres")];
        let mut kinds = all.to_vec();
        kinds.retain(|(kind, name)| {
            let meant = match self.on {
                On::Both => true,
                On::Sqlite => *kind == Kind::Sqlite,
                On::Postgres => *kind == Kind::Postgres,
            };
            meant && (options.on.is_empty() || options.on == *name)
        });
        kinds
    }
}

/// One run of a scenario.
pub struct Trial {
    pub kind: Kind,
    pub chance: Chance,
    pub options: Options,
}

impl Trial {
    /// How many rounds: those asked for, else those of the short or the full form.
    pub fn rounds(&self, short: usize, full: usize) -> usize {
        self.options
            .rounds
            .unwrap_or_else(|| self.size(short, full))
    }

    /// How much of something.
    pub const fn size<T: Copy>(&self, short: T, full: T) -> T {
        if self.options.short { short } else { full }
    }
}

/// The clock of this program.
#[expect(clippy::disallowed_methods, reason = "a harness measures durations")]
pub fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::print_stdout, reason = "what happened is what was asked for")]
fn say(line: &str) {
    println!("{line}");
}

#[expect(clippy::print_stderr, reason = "it is a program of the command line")]
pub fn refuse(usage: &str) -> ExitCode {
    eprintln!("{usage}");
    ExitCode::from(2)
}

/// Runs what was asked for, again with the next seed while there is time; fails when anything did.
pub fn run_all(scenarios: &[Scenario], options: &Options) -> ExitCode {
    // what panics says so in the line of its scenario
    set_hook(Box::new(|_| {}));
    let (begun, mut options) = (now(), options.clone());
    let (mut ran, mut failed) = (0, 0);
    loop {
        let form = if options.short { " --short" } else { "" };
        say(&format!("torture: --seed {}{form}", options.seed));
        for scenario in scenarios {
            if !scenario.name.contains(&options.only) {
                continue;
            }
            for (kind, database) in scenario.kinds(&options) {
                ran += 1;
                failed += i32::from(!run(scenario, kind, database, &options));
            }
        }
        if begun.elapsed() >= options.time {
            break;
        }
        options.seed = options.seed.wrapping_add(1);
    }
    let seconds = begun.elapsed().as_secs();
    say(&format!("torture: {ran} run, {failed} FAILED, {seconds} s"));
    if ran > 0 && failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn run(scenario: &Scenario, kind: Kind, database: &str, options: &Options) -> bool {
    let name = format!("{}, {database}", scenario.name);
    let mut trial = Trial {
        kind,
        chance: Chance::of(options.seed, &name),
        options: options.clone(),
    };
    let begun = now();
    let outcome = catch_unwind(AssertUnwindSafe(|| (scenario.act)(&mut trial)))
        .unwrap_or_else(|panic| Err(words_of(panic.as_ref()).into()));
    let seconds = begun.elapsed().as_secs_f64();
    match &outcome {
        Ok(checked) => say(&format!("ok     {name}: {checked} ({seconds:.0} s)")),
        Err(error) => say(&format!(
            "FAILED {name}: {error} ({seconds:.0} s; --seed {})",
            options.seed
        )),
    }
    outcome.is_ok()
}

/// What a panic of the shared helpers said, cut to what a line can hold.
fn words_of(panic: &(dyn Any + Send)) -> String {
    let words = panic.downcast_ref::<String>().cloned();
    words
        .or_else(|| panic.downcast_ref::<&str>().map(|&words| words.to_owned()))
        .unwrap_or_default()
        .chars()
        .take(500)
        .collect()
}
