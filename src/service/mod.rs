//! Use cases over any store: record events, import files, list and push alerts, trace lots, find root causes, explain, export
//! and copy ledgers.

pub mod alert_list;
pub mod alerts;
pub mod as_of;
pub mod at_risk;
pub mod copy;
pub mod error;
pub mod export;
pub mod import;
pub mod ingest;
mod kept;
pub mod mass_balance;
pub mod recall;
mod refusal;
pub mod render;
mod replay;
pub mod root_cause;
pub mod trace;

pub use error::{ServiceError, ServiceResult};
