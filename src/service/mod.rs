//! Use cases over any store: record events, trace lots, explain, copy ledgers.

pub mod error;
pub mod ingest;
pub mod render;
pub mod trace;

pub use error::{ServiceError, ServiceResult};
