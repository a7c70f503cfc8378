//! Choices that look random, but are the same on every machine and for ever.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// A source of choices.
///
/// How random bits become choices is written out here. A library may change this with its next version, and
/// then every id, test and benchmark that names a generated lot would change too.
#[derive(Debug, Clone)]
pub(super) struct Chance(ChaCha8Rng);

impl Chance {
    /// The choices of one part of a plant. Parts with different numbers are independent of each other.
    pub(super) fn new(seed: u64, part: u64) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(part);
        Self(generator)
    }

    /// A whole number from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = u128::from(high.abs_diff(low)) + 1;
        // Multiplying and shifting favours some numbers, but far too little to matter for spans far below
        // 2^64.
        let offset = (u128::from(self.0.next_u64()) * span) >> 64;
        low.saturating_add_unsigned(offset as u64)
    }

    /// True `percent` times out of a hundred.
    pub(super) fn percent(&mut self, percent: i64) -> bool {
        self.between(1, 100) <= percent
    }

    /// One of the items; there must be one.
    pub(super) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.between(0, items.len() as i64 - 1) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_fixed_for_ever() {
        let mut chance = Chance::new(7, 3);
        let drawn: Vec<i64> = (0..6).map(|_| chance.between(1, 100)).collect();
        assert_eq!(
            drawn, DRAWN,
            "generated plants would no longer be the ones that docs and benchmarks name"
        );
        assert_eq!(Chance::new(7, 3).between(5, 5), 5);
    }

    const DRAWN: [i64; 6] = [19, 10, 98, 34, 36, 39];
}
