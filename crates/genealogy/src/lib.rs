//! Pure algorithms over a subgraph: traces, the time rule, differences, paths, balances, quantities at risk
//! and root causes. There is no async code and no I/O here.

pub mod at_risk;
pub mod balance;
pub mod difference;
mod lanes;
pub mod mass_balance;
pub mod misfit;
pub mod paths;
mod periods;
mod reach;
pub mod root_cause;
pub mod scope;
pub mod spread;
pub mod stock;
pub mod stock_count;
pub mod subgraph;
pub mod trace;
pub mod unit_tracking;
mod walk;
pub mod yields;

pub use balance::{Balance, balance, balance_counted};
pub use difference::{Difference, TraceOf, difference};
pub use paths::{Path, PathStep, Paths, shortest_paths};
pub use spread::{Reached, spread};
pub use subgraph::{Cut, Direction, Revision, Subgraph, SubgraphLink, SubgraphLot, SubgraphOperation};
pub use trace::{Partial, TimeRule, Trace, TracedNode, trace, trace_since};
