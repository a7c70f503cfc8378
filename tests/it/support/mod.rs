//! Shared by the tests: private servers, stores, and short ways to say events.

pub mod events;
pub mod servers;
pub mod stores;
