//! Stores around stores: the same contract, with a cache or a bound in front.

pub mod bounded;
pub mod cached;
