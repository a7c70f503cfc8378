//! lotgraph: what went into a lot, where it went, and how far the answer can be trusted.
//!
//! This crate is a facade: it names the layers, each of which is a crate of its own in `crates/`. Imports go one way, from
//! the outside in, and Cargo enforces it: a crate can only use what its `Cargo.toml` names.
//!
//! Code map, from the inside out:
//! * [`domain`]: what the words mean: lots, operations, quantities, times, events, the ledger.
//! * [`statistics`]: pure numbers: exact tests, odds ratios, false discovery rate.
//! * [`genealogy`]: pure algorithms over a subgraph: the trace with its time rule, paths, balances, root causes.
//! * [`format`](mod@format): bytes to events and back.
//! * [`planner`]: pure code that decides what a batch of events changes, for every store.
//! * [`cache`]: byte caches: memory and Redis.
//! * [`store`]: the one seam to the databases, with the layers around them; [`store::sqlite`] and [`store::neo4j`].
//! * [`service`]: use cases: the recorder, import, trace, root cause, copy.
//! * [`graphql`], [`http`]: the API.
//! * [`generate`]: synthetic plants, as events.
//! * [`cli`]: the commands, the configuration, and [`cli::app`], the only place that names concrete stores and caches.

pub use lotgraph_cache as cache;
pub use lotgraph_cli as cli;
pub use lotgraph_domain as domain;
pub use lotgraph_format as format;
pub use lotgraph_genealogy as genealogy;
pub use lotgraph_generate as generate;
pub use lotgraph_graphql as graphql;
pub use lotgraph_http as http;
pub use lotgraph_planner as planner;
pub use lotgraph_service as service;
pub use lotgraph_statistics as statistics;

/// The seam to the databases, and the two databases behind it.
pub mod store {
    pub use lotgraph_store::*;
    pub use lotgraph_store_neo4j as neo4j;
    pub use lotgraph_store_sqlite as sqlite;
}
