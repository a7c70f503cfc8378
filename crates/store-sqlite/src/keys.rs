//! Maps whose keys are the integer keys of rows. Nobody outside can choose these, so the maps need no
//! protection against keys that were chosen to collide.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map whose keys are the integer keys of rows.
pub(super) type KeyMap<V> = HashMap<i64, V, BuildHasherDefault<KeyHasher>>;

/// A hash that spreads consecutive keys over the whole range by a multiplication (Fibonacci hashing).
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct KeyHasher(u64);

/// 2^64 divided by the golden ratio, odd.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        // The map takes the place of an entry from the low bits of the hash and a tag from the high ones. So
        // the two are mixed.
        self.0 ^ (self.0 >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0 ^ value).wrapping_mul(SPREAD);
    }

    fn write_i64(&mut self, value: i64) {
        self.write_u64(value.cast_unsigned());
    }
}
