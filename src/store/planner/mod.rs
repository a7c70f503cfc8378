//! The write planner: pure code that decides, for both stores, what a batch changes.
//!
//! A store reads the state that [`Needs`] names inside its write transaction, calls [`plan`], and writes the rows of
//! [`Writes`] as they are. So acceptance, conflicts, flows and voids cannot differ between stores.

mod anomaly;
mod apply;
mod first_links;
mod flow;
mod hold;
mod hold_graph;
mod needs;
mod records;
mod state;
mod writes;

pub use apply::{bodies, plan};
pub use first_links::{FirstLinksNeeds, first_links_needed};
pub use needs::{
    HoldNeeds, events_needed, hold_lots_needed, holds_needed, lots_needed, materials_needed, paths_needed,
    records_needed,
};
pub use state::{FirstLinks, HoldPaths, RecordedEvent, State};
pub use writes::{
    EventRow, LinkRow, LotChange, LotRow, OperationRow, Plan, RecordChange, RecordRow, VoidRow, Writes,
};
