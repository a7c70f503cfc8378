//! Attribution: how much of the seeds' material is in each affected lot, when tanks mix perfectly.
//!
//! The model. An operation spreads each input over those of its outputs that the time rule lets it reach, by quantity. A
//! lot hands on its share in proportion to what is drawn from what it holds at that moment; what flows in from elsewhere
//! dilutes it, a clean sets it to nothing, a count changes nothing. Seeds are wholly bad from their moment on.
//!
//! The order. Outputs come at their latest moment; an input is drawn for an output at the earlier of its own latest moment
//! and the output's. Of one moment: cleans, inflows from elsewhere, then operations, producers before consumers; where
//! those go in a circle, the operation nearest to the seeds comes first. Where the recorded times also allow the order
//! in which trouble would have come through, that is a gap ([`GapReason::OrderUnknown`]).
//!
//! What is not known is not guessed: the low bound keeps what is certain, the high one rises to all there is, and the gap
//! is listed. Amounts are exact decimals; parts of a draw are rounded to [`DECIMALS`] places, shares to 28 digits, and
//! what is left is always found by subtraction, so that nothing is made or lost by rounding.

mod flow;
mod measure;
mod order;
mod places;
mod run;
mod share;
mod vessel;

use std::collections::HashMap;

use rust_decimal::Decimal;

use super::subgraph::Subgraph;
use super::trace::Trace;
use crate::domain::{Material, MaterialCode, PartyCode, Quantity, Timestamp, UnitCode};

#[cfg(test)]
mod tests;

/// Decimal places that parts of a draw, converted quantities and what is shown are rounded to.
pub const DECIMALS: u32 = 12;

/// The name of the model, for answers.
pub const MODEL: &str = "PERFECT_MIXING";

/// A FORWARD trace with what its attribution needs besides.
#[derive(Debug, Clone, Copy)]
pub struct Affected<'a> {
    /// The closure.
    pub subgraph: &'a Subgraph,
    /// What the time rule makes of it; says from when on each seed is bad.
    pub trace: &'a Trace,
    /// What came into the lots from operations outside of the closure.
    pub inflows: &'a [Inflow],
    /// The declarations of the lots' materials.
    pub materials: &'a HashMap<MaterialCode, Material>,
}

/// A production of a lot of a subgraph by an operation outside of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inflow {
    /// The lot, as an index into the subgraph's lots.
    pub lot: u32,
    /// The last moment it can have happened.
    pub latest: Timestamp,
    /// How much.
    pub quantity: Option<Quantity>,
}

/// An amount of seed material of which only bounds may be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// At least this much.
    pub low: Decimal,
    /// At most this much; absent: nothing recorded bounds it.
    pub high: Option<Decimal>,
}

/// What a lot has to do with the seeds' material, in the seeds' unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attributed {
    /// The lot, as an index into the subgraph's lots.
    pub lot: u32,
    /// Its depth in the trace, 0 for a seed.
    pub depth: u32,
    /// Came into it; of a seed: all that it held.
    pub carried: Bound,
    /// Is still in it.
    pub resting: Bound,
    /// Was drawn from it by operations that make something of it.
    pub handed_on: Bound,
    /// Was shipped.
    pub shipped: Bound,
    /// Was scrapped.
    pub scrapped: Bound,
    /// Was cleaned away.
    pub cleaned: Bound,
    /// `carried` as a part of all that the seeds held, 0 to 1; absent when that is not known.
    pub source_fraction: Option<Bound>,
    /// `carried` as a part of all that came into the lot, 0 to 1; absent when the two cannot be compared. What an operation
    /// loses makes its outputs richer, up to 1.
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
    /// By the recorded times trouble may have come through before it is taken to have arrived, or after a clean.
    OrderUnknown,
    /// More was drawn than the lot held.
    DrawnMoreThanHeld,
    /// What the lot held at a draw is not known, since something before had no quantity.
    UnknownContent,
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
        }
    }
}

/// One reason for a wide bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gap {
    /// The lot, as an index into the subgraph's lots.
    pub lot: u32,
    /// The operation that moves it, as an index into the subgraph's operations; absent: one outside of the closure.
    pub operation: Option<u32>,
    /// What is missing.
    pub reason: GapReason,
}

/// Where the seeds' material ended, over all lots. What was used up is [`Attribution::used_up`]; without gaps all five
/// together are what the seeds held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Places {
    /// Still in some lot.
    pub resting: Bound,
    /// Shipped.
    pub shipped: Bound,
    /// Scrapped.
    pub scrapped: Bound,
    /// Cleaned away.
    pub cleaned: Bound,
}

/// What one customer received of the seeds' material.
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
    /// All that the seeds held while they were bad: what came into them, or what was drawn when that is more.
    pub source: Option<Decimal>,
    /// The seeds by id, then the lots reached by (depth, id).
    pub lots: Vec<Attributed>,
    /// Where it ended, over all lots.
    pub places: Places,
    /// What the customers of affected shipments received, by code; shipments without a customer last.
    pub customers: Vec<Received>,
    /// Went into operations that put it into nothing, into nobody knows which of their outputs, or into a seed.
    pub used_up: Bound,
    /// What widened bounds, by lot and operation.
    pub gaps: Vec<Gap>,
}

/// Computes the attribution of a FORWARD trace.
#[must_use]
pub fn attribute(affected: &Affected<'_>) -> Attribution {
    flow::Simulation::new(affected).run()
}
