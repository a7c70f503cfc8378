//! Recalls: what they look for, the events of their course, and what is kept of each.

mod event;
mod record;
mod scope;

pub use event::{CloseRecall, Notify, Recall, RecallClass, Recover, RecoveredItem};
pub use record::{Closing, Notice, NoticeId, RecallHold, RecallRecord, RecallState, Recovery};
pub use scope::{CAUSES_MAX, Cause, Limit, ParameterOutside, RecallScope, ScopeLot};
