//! The write planner: pure code that decides for every store alike what events change.
//!
//! Two questions are kept apart. *Judging* asks whether an event may be recorded; it is asked once, when
//! somebody sends it. *Projecting* says what a recorded event changes; it cannot refuse, so that a ledger
//! that was written under older rules can be projected for ever. A commit judges each event and projects
//! those that pass. A copy, a replay and a restore only project.
//!
//! * [`Planning`] drives the planner. It asks the store step by step for what it must know ([`Need`]), and
//!   ends in a [`Plan`], whose rows the store writes as they are.
//! * `facts`: what each kind of event touches, when it may be recorded, and what it changes; one small trait.
//! * `projection`: the state that events work on. It is made of `log`, `lots`, `records` and `holds`, each of
//!   which knows the others by nothing but the ids that they have in common.

mod ahead;
mod aliases;
mod anomaly;
mod facts;
mod first_links;
mod flow;
mod hidden;
mod hold_graph;
mod holds;
mod imbalance;
mod log;
mod lot_factors;
mod lots;
mod naming;
mod need;
mod planning;
mod projection;
mod recall_touched;
mod records;
mod restating;
mod rules;
mod state;
mod stock;
mod transfers;
mod unit_tracking;
mod units;
mod writes;

pub use aliases::RecordedUnder;
pub use need::{FirstLinksNeeds, Need};
pub use planning::{Planning, bodies};
pub use rules::{NumberPolicies, Rule, Rules};
pub use state::{FirstLinks, HoldPaths, Movement, PathOperation, State};
pub use writes::{
    EventRow, LinkKey, LinkRow, LotChange, LotRow, MovedOperation, OperationRow, Plan, RecordChange,
    RecordRow, RevisionRow, VoidRow, Writes,
};
