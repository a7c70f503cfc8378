//! Recalls in the API: the scope of one, asked and answered.

mod events;
mod input;
mod parts;
mod scope;

pub use events::{CloseRecallInput, NotifyInput, RecallInput, RecoverInput};
pub use input::RecallScopeInput;
pub use scope::ScopeAnswered;
