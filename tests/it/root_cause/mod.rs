//! Root cause: pure comparisons against single traces and planted causes, then the API and the command.

mod answers;
mod cleans;
mod independent;
mod pharma;
mod plant;
mod planted;
