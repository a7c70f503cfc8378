//! The commands of the program.

mod progress;

pub mod copy;
pub mod export;
pub mod import;
