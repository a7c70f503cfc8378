//! How much of the seeds' material is in each affected lot, if everything in a tank mixes perfectly.
//!
//! The model. An operation spreads each input over its outputs in proportion to their quantities, but only
//! over those outputs that the time rule lets the input reach. When something is drawn from a lot, the draw
//! carries the same share of the seeds' material as the lot holds at that moment. What flows into a lot from
//! elsewhere dilutes it, and a clean empties it. A stock count sets what the lot holds: what it finds less is not
//! explained any more, and took its share along. A seed consists wholly of bad material from its moment on; what
//! flows back into it was counted when it came in first. What a customer sends back carries what was shipped to
//! them: they do not mix it, so only bounds are known of a part of it.
//!
//! The order. Outputs appear at their latest moment. An input is drawn for an output at its own latest moment
//! or at that of the output, whichever is earlier. Of one moment, cleans come first, then inflows from
//! elsewhere, then operations, producers before consumers, then returns and at last stock counts; where producers and consumers form a circle, the
//! operation nearest to the seeds comes first. Sometimes the recorded times also allow another order, in
//! which more of the seeds' material would have come through. That is a gap ([`GapReason::OrderUnknown`]).
//!
//! What is not known is not guessed: the low bound keeps what is certain, the high bound rises to all there
//! is, and the gap is listed. Amounts are exact decimals. Parts of a draw are rounded to [`DECIMALS`] places
//! and shares to 28 digits; what is left is always found by subtraction, so that rounding neither makes nor
//! loses anything.

mod consignments;
mod flow;
mod measure;
mod order;
mod places;
mod run;
mod share;
mod vessel;

use rust_decimal::Decimal;

use super::subgraph::Subgraph;
use super::trace::Trace;
use lotgraph_domain::{PartyCode, Quantity, Scale, Timestamp, UnitCode};

#[cfg(test)]
mod tests;

/// Decimal places to which parts of a draw, converted quantities and the amounts that are shown are rounded.
pub const DECIMALS: u32 = 12;

/// The name of the model, for answers.
pub const MODEL: &str = "PERFECT_MIXING";

/// A FORWARD trace, and what else is needed to tell how much of the seeds' material is where.
#[derive(Debug, Clone, Copy)]
pub struct Affected<'a> {
    /// The closure.
    pub subgraph: &'a Subgraph,
    /// The trace of the closure under the time rule. It also says from when on each seed is bad.
    pub trace: &'a Trace,
    /// What came into the lots from operations outside of the closure; this dilutes them.
    pub inflows: &'a [Inflow],
    /// How the quantities of each lot of the closure are converted.
    pub scales: &'a [Scale<'a>],
}

/// A production of a lot of a subgraph by an operation outside of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inflow {
    /// The lot, as an index into the subgraph's lots.
    pub lot: u32,
    /// The last moment at which it can have happened.
    pub latest: Timestamp,
    /// How much.
    pub quantity: Option<Quantity>,
}

/// An amount of seed material. Its exact value need not be known, only the bounds that it lies between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// At least this much.
    pub low: Decimal,
    /// At most this much; absent when nothing recorded bounds it.
    pub high: Option<Decimal>,
}

/// What a lot has to do with the seeds' material, in the seeds' unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attributed {
    /// The lot, as an index into the subgraph's lots.
    pub lot: u32,
    /// Its depth in the trace, 0 for a seed.
    pub depth: u32,
    /// How much came into it; of a seed: all that it held.
    pub carried: Bound,
    /// How much is still in it.
    pub resting: Bound,
    /// How much was drawn from it by operations that make something of it.
    pub handed_on: Bound,
    /// How much of it was shipped, and has not come back.
    pub shipped: Bound,
    /// How much of it was scrapped.
    pub scrapped: Bound,
    /// How much was cleaned away.
    pub cleaned: Bound,
    /// How much is not explained: stock counts found less than there should have been.
    pub unexplained: Bound,
    /// `carried` as a part of all that the seeds held, 0 to 1; absent when that is not known.
    pub source_fraction: Option<Bound>,
    /// `carried` as a part of all that came into the lot, 0 to 1; absent when the two cannot be compared.
    /// What an operation loses is taken to be other material, so a loss makes the outputs richer in the
    /// seeds' material, up to 1.
    pub lot_fraction: Option<Bound>,
}

/// Why a bound is wider than it could be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GapReason {
    /// A movement has no quantity.
    NoQuantity,
    /// A quantity cannot be converted to the unit that it is compared in.
    UnitNotConvertible,
    /// A draw lies before every production of its lot.
    TimeConflict,
    /// By the recorded times, material of the seeds may have gone this way before the simulation has it
    /// arrive, or after a clean was over.
    OrderUnknown,
    /// More was drawn than the lot held.
    DrawnMoreThanHeld,
    /// How much the lot held when it was drawn from or counted is not known, because an earlier movement has no
    /// quantity. Of goods that come back: some of what the customer holds is bad, and it is not known which.
    UnknownContent,
    /// A customer sent back more than was shipped to them.
    ReturnedMoreThanShipped,
    /// A stock count found more or less than there should have been.
    CountDiffers,
}

impl GapReason {
    /// The reason as answers write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoQuantity => "NO_QUANTITY",
            Self::UnitNotConvertible => "UNIT_NOT_CONVERTIBLE",
            Self::TimeConflict => "TIME_CONFLICT",
            Self::OrderUnknown => "ORDER_UNKNOWN",
            Self::DrawnMoreThanHeld => "DRAWN_MORE_THAN_HELD",
            Self::UnknownContent => "UNKNOWN_CONTENT",
            Self::ReturnedMoreThanShipped => "RETURNED_MORE_THAN_SHIPPED",
            Self::CountDiffers => "COUNT_DIFFERS",
        }
    }
}

/// One reason for a wide bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gap {
    /// The lot, as an index into the subgraph's lots.
    pub lot: u32,
    /// The operation that moves it, as an index into the subgraph's operations; absent for an operation
    /// outside of the closure.
    pub operation: Option<u32>,
    /// What is missing.
    pub reason: GapReason,
}

/// Where the seeds' material ended up, over all lots. What was used up is in [`Attribution::used_up`].
/// Without gaps, these five and what was used up add up to what the seeds held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Places {
    /// Still in some lot.
    pub resting: Bound,
    /// Shipped, and not come back.
    pub shipped: Bound,
    /// Scrapped.
    pub scrapped: Bound,
    /// Cleaned away.
    pub cleaned: Bound,
    /// Not explained: stock counts found less than there should have been.
    pub unexplained: Bound,
}

/// What one customer received of the seeds' material, and has not sent back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The customer; absent for shipments that name none.
    pub customer: Option<PartyCode>,
    /// How much, in the seeds' unit.
    pub carried: Bound,
}

/// How much of the seeds' material is where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribution {
    /// The unit of all amounts: that of the first seed that has one; `None` when none has.
    pub unit: Option<UnitCode>,
    /// All that the seeds held while they were bad: what came into them, or what was drawn from them if that
    /// is more.
    pub source: Option<Decimal>,
    /// The seeds by id, then the lots reached by (depth, id).
    pub lots: Vec<Attributed>,
    /// Where the material ended up, over all lots.
    pub places: Places,
    /// What the customers of affected shipments received, by code; shipments without a customer last.
    pub customers: Vec<Received>,
    /// What went into operations that have no output for it, or into outputs of which nobody knows which.
    pub used_up: Bound,
    /// The reasons why bounds are wide, by lot and operation.
    pub gaps: Vec<Gap>,
    /// Whether the records leave nothing open: everything is measured, nothing was drawn before it was there, no stock count
    /// found something else, no order of times had to be chosen, and no limit cut the trace.
    pub is_certain: bool,
}

/// Computes how much of the seeds' material is where, for a FORWARD trace.
#[must_use]
pub fn attribute(affected: &Affected<'_>) -> Attribution {
    flow::Simulation::new(affected).run()
}
