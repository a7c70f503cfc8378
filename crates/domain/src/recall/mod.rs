//! Recalls: what they look for, the events of their course, and what is kept of each.

mod event;
mod record;
mod scope;

pub use event::{
    AddToRecall, CloseRecall, Notify, Recall, RecallClass, Recover, RecoveredItem, ReopenRecall,
};
pub use record::{
    Addition, Closing, Notice, NoticeId, RecallHold, RecallRecord, RecallState, Recovery, Reopening,
};
pub use scope::{CAUSES_MAX, Cause, Limit, ParameterOutside, RecallScope, ScopeLot};
