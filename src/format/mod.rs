//! Pure translation between bytes and events: bytes in, events and problems out, and back.

pub mod event;
pub mod fields;
pub mod json;
