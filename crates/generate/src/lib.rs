//! Synthetic plants, as streams of events: for benchmarks, tests and the demo.
//!
//! Every plant is deterministic (the same arguments give the same bytes on every machine), is produced as it
//! is read, and remembers only the stock that later steps may still draw from. Times go forward, and a lot is
//! always received or produced before anything draws from it.
//!
//! Two plants are made to grow: [`assembly`] and [`process`]. Both consist of *campaigns* that share master
//! data but no lot. Campaign `c` depends on the seed and on `c` alone, so **a larger plant of the same seed
//! begins with exactly the events of the smaller one**, and a lot of a campaign that the smaller plant
//! completes has the very same closure in both: what is reached stays equal while the plant around it grows.
//! To compare sizes, take lots of campaign 0 ([`growth_seeds`]; [`assembly::Assembly::component`] and
//! [`process::Process::delivery`] name more of them).

pub mod assembly;
mod calendar;
mod campaign;
mod chance;
pub mod dairy;
pub mod ladder;
pub mod planted;
mod pool;
pub mod process;
mod record;
pub mod samples;
mod stream;

pub use stream::{Plant, Stream};

use lotgraph_domain::{Event, LotId};

/// The most lots that a growing plant may be asked for. With more, its dates would leave the years that
/// events may carry.
pub const LOTS_MAX: u64 = 50_000_000;

/// The most rungs a ladder may have.
pub const RUNGS_MAX: u32 = 1_000_000;

/// Which plant to generate, with its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlantRequest {
    /// Discrete assembly of about this many lots.
    Assembly {
        /// Lots in all; generation stops with the step that reaches it.
        lots: u64,
        /// The random seed: it chooses one plant among many.
        seed: u64,
    },
    /// Discrete assembly in which items fail because of something upstream.
    Failing {
        /// Lots in all.
        lots: u64,
        /// The random seed: it chooses one plant among many, and the culprit in it.
        seed: u64,
        /// The cause.
        cause: planted::PlantedCause,
    },
    /// A process plant of about this many lots.
    Process {
        /// Lots in all; generation stops with the step that reaches it.
        lots: u64,
        /// The random seed: it chooses one plant among many.
        seed: u64,
    },
    /// Diamonds in a row.
    Ladder {
        /// How many.
        rungs: u32,
    },
    /// The demo dairy.
    Dairy,
}

/// The events of a plant, produced as they are read.
#[must_use]
pub fn events(request: PlantRequest) -> Box<dyn Iterator<Item = Event> + Send> {
    match request {
        PlantRequest::Assembly { lots, seed } => {
            Box::new(Stream::new(assembly::Assembly::new(lots.min(LOTS_MAX), seed)))
        }
        PlantRequest::Failing { lots, seed, cause } => {
            let plant = events(PlantRequest::Assembly { lots, seed });
            Box::new(planted::Planted::new(plant, cause, seed))
        }
        PlantRequest::Process { lots, seed } => {
            Box::new(Stream::new(process::Process::new(lots.min(LOTS_MAX), seed)))
        }
        PlantRequest::Ladder { rungs } => Box::new(Stream::new(ladder::Ladder::new(rungs.min(RUNGS_MAX)))),
        PlantRequest::Dairy => Box::new(dairy::dairy()),
    }
}

/// Lots whose closures (thousands of lots) are equal in every process plant of the same seed from 4,000 lots
/// on.
#[must_use]
pub fn growth_seeds() -> Vec<LotId> {
    [1, 8, 15].map(|delivery| process::Process::delivery(0, delivery)).to_vec()
}
