use argon2::Params;

/// The most memory a stored hash may ask for, in KiB: 1 GiB.
const MEMORY_CEILING: u32 = 1 << 20;
/// The most passes and lanes a stored hash may ask for.
const PASSES_CEILING: u32 = 16;
const LANES_CEILING: u32 = 16;

/// Of what Argon2 puts out.
pub(super) const OUTPUT_BYTES: usize = 32;

/// What a hash costs: memory, passes over it and lanes. A value, so that tests can be quick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cost(pub(super) Params);

impl Cost {
    /// 19 456 KiB (19 MiB), 2 passes, 1 lane.
    pub const STANDARD: Self = Self(match Params::new(19_456, 2, 1, Some(OUTPUT_BYTES)) {
        Ok(params) => params,
        Err(_) => Params::DEFAULT,
    });

    /// The least Argon2 allows (8 KiB, 1 pass), for tests that are not about the cost.
    pub const TEST: Self = Self(match Params::new(8, 1, 1, Some(OUTPUT_BYTES)) {
        Ok(params) => params,
        Err(_) => Params::DEFAULT,
    });

    /// `memory` KiB (at least 8, at most 1 048 576), `passes` from 1 to 16, one lane; otherwise
    /// `None`.
    pub fn new(memory: u32, passes: u32) -> Option<Self> {
        let params = Params::new(memory, passes, 1, Some(OUTPUT_BYTES)).ok()?;
        within_ceilings(&params).then_some(Self(params))
    }
}

/// Whether a hash of these parameters may be computed: a row of the database must not decide how
/// much memory and time the server spends.
pub(super) fn within_ceilings(params: &Params) -> bool {
    params.m_cost() <= MEMORY_CEILING
        && params.t_cost() <= PASSES_CEILING
        && params.p_cost() <= LANES_CEILING
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_beyond_the_ceilings_cannot_be_made() {
        assert!(Cost::new(1 << 20, 16).is_some());
        assert!(Cost::new((1 << 20) + 1, 1).is_none());
        assert!(Cost::new(8, 17).is_none());
        assert!(Cost::new(7, 1).is_none());
        assert!(Cost::new(8, 0).is_none());
        assert_eq!(Cost::new(19_456, 2), Some(Cost::STANDARD));
    }
}
