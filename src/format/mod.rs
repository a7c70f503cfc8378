//! Pure translation between bytes and events: bytes in, events and problems out, and back.

mod alert;
pub mod canonical;
pub mod csv_map;
pub mod event;
pub mod fields;
pub mod hold;
pub mod item;
pub mod json;
pub mod ndjson;
pub mod recall;
pub mod record;
