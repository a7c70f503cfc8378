//! Pure algorithms over a subgraph: traces, the time rule, differences, paths, balances and common causes; no async, no I/O.

pub mod balance;
pub mod common_cause;
pub mod difference;
pub mod paths;
mod periods;
mod reach;
pub mod scope;
pub mod spread;
pub mod subgraph;
pub mod trace;

pub use balance::{Balance, balance};
pub use difference::{Difference, TraceOf, difference};
pub use paths::{Path, PathStep, Paths, shortest_paths};
pub use spread::{Reached, spread};
pub use subgraph::{Cut, Direction, Revision, Subgraph, SubgraphLink, SubgraphLot, SubgraphOperation};
pub use trace::{Partial, TimeRule, Trace, TracedNode, trace, trace_since};
