//! Shared by the tests: private servers, stores, and short ways to say events.

pub mod data;
pub mod events;
pub mod faulty;
pub mod memory_store;
pub mod private_redis;
pub mod process;
pub mod servers;
pub mod service;
pub mod stores;
pub mod watched;
