//! lotgraph: what went into a lot, where it went, and how far the answer can be trusted.
//!
//! Code map, from the inside out (imports go one way; `tests/it/tidy.rs` checks it):
//! * [`domain`]: what the words mean: lots, operations, quantities, times, events.
//! * [`statistics`]: pure numbers: exact tests, odds ratios, false discovery rate.
//! * [`genealogy`]: pure algorithms over a subgraph: the trace with its time rule, paths, balances, common causes.
//! * [`format`](mod@format): bytes to events and back.
//! * [`generate`]: synthetic plants, as events.
//! * [`store`]: the one seam to the databases: SQLite and Neo4j, with layers around them.
//! * [`cache`]: byte caches: memory and Redis.
//! * [`service`]: use cases: ingest, import, trace, root cause, copy.
//! * [`graphql`], [`http`]: the API; [`cli`]: the commands; [`settings`]: the configuration.
//! * [`app`]: puts it together; the only place that names concrete stores and caches.

pub mod app;
pub mod cache;
pub mod cli;
pub mod domain;
pub mod format;
pub mod genealogy;
pub mod generate;
pub mod graphql;
pub mod http;
pub mod service;
pub mod settings;
pub mod statistics;
pub mod store;
pub mod telemetry;
