//! Recalls in the API: their scope, their course, and the events of it.

mod course;
mod events;
mod history;
mod input;
mod listing;
mod mutation;
mod parts;
mod progress;
mod query;
mod scope;
mod transferred;

pub use events::{
    AddToRecallInput, CloseRecallInput, NotifyInput, RecallInput, RecoverInput, ReopenRecallInput,
};
pub use mutation::RecallMutation;
pub(crate) use parts::{material, party};
pub use query::RecallQuery;
