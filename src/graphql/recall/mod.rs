//! Recalls in the API: their scope, their course, and the events of it.

mod course;
mod events;
mod input;
mod mutation;
mod parts;
mod progress;
mod query;
mod scope;

pub use events::{CloseRecallInput, NotifyInput, RecallInput, RecoverInput};
pub use mutation::RecallMutation;
pub(in crate::graphql) use parts::{material, party};
pub use query::RecallQuery;
