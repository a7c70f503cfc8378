//! The program: its commands, its settings, and the place that puts stores, caches and services together.

pub mod app;
mod closing;
pub mod commands;
mod descriptors;
mod served;
pub mod settings;
pub mod telemetry;

pub use commands::run;
