//! Recalls in the API: the scope of one, asked and answered.

mod input;
mod parts;
mod scope;

pub use input::RecallScopeInput;
pub use scope::ScopeAnswered;
