//! Shared by the tests: private servers, stores, and short ways to say events.

pub mod events;
pub mod memory_store;
pub mod private_redis;
pub mod servers;
pub mod watched;
