//! TOT-03, TOT-04, TOT-09, TOT-10: the rule of time steps, whatever codes come and however the clock jumps.

use proptest::{prelude::*, test_runner::TestCaseError};
use totp_rs::Builder;

use super::holds;
use crate::{
    mfa::totp::domain::{Code, Memory, NOTHING_SPENT, Outcome, Parameters, compare},
    tests::support::NOW,
};

const SECRET: &[u8] = b"12345678901234567890";
const DAY: i64 = 86_400;

/// Somebody tries a code, some time after the last try.
#[derive(Clone, Debug)]
struct Try {
    later: i64,
    code: Typed,
}

#[derive(Clone, Debug)]
enum Typed {
    /// The code of a step this far from the current one.
    Of(i64),
    /// One that was typed before, counted from the last.
    Again(usize),
    Any(u32),
}

fn tries() -> impl Strategy<Value = Vec<Try>> {
    let later = prop_oneof![
        8 => 0..100_i64,
        2 => -200..0_i64,
        1 => -DAY..DAY,
        1 => prop_oneof![Just(-400 * DAY), Just(400 * DAY), Just(-2 * DAY), Just(2 * DAY)],
    ];
    let code = prop_oneof![
        6 => (-4..=4_i64).prop_map(Typed::Of),
        3 => (0..6_usize).prop_map(Typed::Again),
        1 => any::<u32>().prop_map(Typed::Any),
    ];
    let one = (later, code).prop_map(|(later, code)| Try { later, code });
    prop::collection::vec(one, 1..30)
}

fn parameters() -> impl Strategy<Value = Parameters> {
    (6..=8_u32, 15..=120_i64, 0..=2_i64).prop_map(|(digits, period, tolerance)| Parameters {
        digits,
        period,
        tolerance,
    })
}

/// What a sequence of tries may not have: a step accepted twice, before one that was accepted, or out
/// of reach.
fn keeps_the_rule(parameters: Parameters, tries: Vec<Try>) -> Result<(), TestCaseError> {
    let digits = parameters.digits;
    let code_of = |step: i64| {
        let totp = Builder::new()
            .with_secret(SECRET)
            .with_digits(u8::try_from(digits).unwrap())
            .with_step_duration(u64::try_from(parameters.period).unwrap())
            .build()
            .unwrap();
        totp.generate(u64::try_from(step * parameters.period).unwrap())
            .to_string()
    };
    let (mut now, mut memory) = (NOW, NOTHING_SPENT);
    let (mut typed, mut accepted): (Vec<String>, Vec<i64>) = (Vec::new(), Vec::new());
    for one in tries {
        now += one.later;
        let at = parameters.step(now);
        let text = match one.code {
            Typed::Of(distance) => code_of(at + distance),
            Typed::Again(back) => match typed.iter().rev().nth(back) {
                Some(text) => text.clone(),
                None => continue,
            },
            Typed::Any(number) => format!("{number:08}")[..digits as usize].to_owned(),
        };
        let code = Code::parse(&text, digits).unwrap();
        match compare(SECRET, &code, now, parameters, memory) {
            Outcome::Right { step, same_later } => {
                // what a clock that is a day behind cannot have seen does not bind it
                let limit = parameters.implausible_after(now);
                if accepted.last().is_some_and(|last| *last > limit) {
                    accepted.clear();
                }
                prop_assert_eq!(&text, &code_of(step));
                prop_assert!((step - at).abs() <= parameters.tolerance, "out of reach");
                prop_assert!(accepted.iter().all(|before| *before < step), "twice");
                prop_assert!(step != memory.burned, "seen before its time");
                accepted.push(step);
                memory = Memory {
                    last: step,
                    burned: same_later.unwrap_or(memory.burned),
                };
            }
            Outcome::Off { seconds, step } => {
                prop_assert_eq!(seconds, (step - at) * parameters.period);
                if seconds > 0 {
                    memory.burned = step;
                }
            }
            Outcome::Used => prop_assert!(
                accepted
                    .iter()
                    .any(|before| before + 2 * parameters.tolerance >= at)
                    || (memory.burned - at).abs() <= parameters.tolerance,
                "nothing near was used"
            ),
            // the rule is no rule when it lets nobody in
            Outcome::Wrong => {
                prop_assert!(text != code_of(at), "the code of this moment is refused");
            }
        }
        typed.push(text);
    }
    Ok(())
}

#[test]
fn tot_03_a_step_is_accepted_once_in_order_and_within_the_tolerance_however_clocks_jump() {
    holds(200, &(parameters(), tries()), |(parameters, tries)| {
        keeps_the_rule(parameters, tries)
    });
}
