//! Pure translation between bytes and events: bytes in, events and problems out, and back.

pub mod batch;
pub mod canonical;
pub mod csv_map;
pub mod event;
pub mod fields;
mod gauge;
pub mod hidden;
pub mod item;
pub mod json;
mod lists;
pub mod ndjson;
pub mod problems;
pub mod recall;
pub mod record;
pub mod recorded;
pub mod schema;
pub mod signature;
mod write;
