//! The write planner: pure code that decides, for both stores, what a batch changes.
//!
//! A store reads the state that [`Needs`] names inside its write transaction, calls [`plan`], and writes the rows of
//! [`Writes`] as they are. So acceptance, conflicts, flows and voids cannot differ between stores.

mod apply;
mod flow;
mod needs;
mod state;
mod writes;

pub use apply::plan;
pub use needs::{events_needed, lots_needed, materials_needed};
pub use state::{RecordedEvent, State};
pub use writes::{EarliestProduction, EventRow, LinkRow, LotRow, OperationRow, Plan, VoidRow, Writes};
