//! Recalls: what a cause touched, where everything made of it is now, and how its recall goes.

mod scope;
mod seeds;

pub use scope::{LastOperation, Recalls, ScopeAnswer, ScopeFilter};
pub use seeds::{OPERATIONS_MAX, SEEDS_MAX};
