//! Use cases over any store: record events, import files, list and push alerts, trace lots, find root causes, explain, export,
//! copy, back up, restore and verify ledgers.

pub mod alert_list;
pub mod alerts;
pub mod as_of;
pub mod at_risk;
pub mod backup;
pub mod commits;
pub mod copy;
pub mod error;
pub mod export;
pub mod import;
mod kept;
mod known_names;
pub mod lookup;
pub mod mass_balance;
pub mod numbers;
mod questions;
pub mod recall;
pub mod recorder;
mod refusal;
pub mod render;
pub mod restore;
pub mod root_cause;
pub mod standing;
pub mod trace;
pub mod transfers;
pub mod verify;

pub use error::{ServiceError, ServiceResult};
pub use questions::Questions;

/// What questions are made of, and what they answer with: those outside name it without knowing the store.
pub mod query {
    pub use lotgraph_store::{
        Bucket, Edge, EdgeKey, EdgePage, EdgesOf, Find, FindKey, LedgerPosition, Limits, LotFilter,
        MasterFilter, OperationFilter, Page, RecordFilter, Revision, StoreError, Tally, What,
    };
}
