//! The integration tests, one binary: conformance of stores, the API, the commands, faults, and the project's own rules.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

mod alerts;
mod as_of;
mod bad_input;
mod cache;
mod cli;
pub(crate) mod conformance;
mod container;
mod cypher;
mod durability;
mod generate;
mod graphiql;
mod graphql;
mod hold_race;
mod import;
mod import_command;
mod investigate;
mod mass_balance;
mod model;
mod neo4j_away;
mod oracle;
mod recall;
mod rest;
mod root_cause;
mod sqlite_file;
mod support;
mod tidy;
