//! Shared by the tests: private servers, stores, and short ways to say events.

pub mod events;
pub mod faulty;
pub mod process;
pub mod servers;
pub mod service;
pub mod stores;
