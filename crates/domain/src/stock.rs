//! The stock of a lot over time: what its movements say about what can have been there (docs/TRACE_RULES.md, rule 9).

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::conversion::Rate;
use super::identifier::{EventId, UnitCode};
use super::quantity::decimal;
use super::time::Timestamp;

/// How far the movements of a lot were compared. The sums themselves are the lot's flows; here stands what the flows do
/// not tell, so that a movement that is recorded in order of time costs the same however many came before it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Stock {
    /// The last moment of any movement: of a draw its last one, of a filling its first one.
    pub last: Option<Timestamp>,
    /// The unit in which movements were compared; `None` when they were not.
    pub unit: Option<UnitCode>,
    /// How the other units that its movements use were converted.
    pub rates: BTreeMap<UnitCode, Rate>,
    /// When the last clean ended.
    pub cleaned: Option<Timestamp>,
    /// When the last stock count was taken.
    pub counted: Option<Timestamp>,
    /// What can have come in since the last clean, less what the flows say came in at all: what counts found more, less
    /// what was cleaned away.
    #[serde(with = "decimal")]
    pub came_in_besides: Decimal,
    /// What has left since the last clean, less what the flows say left at all.
    #[serde(with = "decimal")]
    pub left_besides: Decimal,
    /// Overdrawn draws that wait for a filling, in order of time.
    pub shortages: Vec<Shortage>,
    /// Whether there are more of them than are listed; then all movements are compared again when a filling comes.
    pub unlisted: bool,
}

/// A moment at which more had left than can have come in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shortage {
    /// How much is missing beyond the tolerance.
    #[serde(with = "decimal")]
    pub excess: Decimal,
    /// What all fillings before it had brought in.
    #[serde(with = "decimal")]
    pub filled: Decimal,
    /// The first moment of the draws.
    pub first: Timestamp,
}

impl Stock {
    /// The most shortages that are listed.
    pub const SHORTAGES_MAX: usize = 32;
}

/// What cannot have been so by the quantities on record: draws of a lot that took what cannot have been there, the fillings
/// that are deemed to have been there by then, and operations that brought it forth and do not balance.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Overdrawn {
    /// The draws, in order of time.
    pub draws: Vec<MovementKey>,
    /// The fillings, in order of time.
    pub lifted: Vec<Lifted>,
    /// Whether there are more of either than [`Overdrawn::MAX`]. Then none is listed, and the recorded times of the lot
    /// order nothing any more: every filling is deemed to have been there from the beginning.
    pub beyond: bool,
    /// The operations that brought some of the lot forth and do not balance: they gave more than they took, or their yield
    /// lies outside the range declared. At most [`Overdrawn::MAX`] are listed.
    #[serde(default)]
    pub unbalanced: Vec<EventId>,
}

/// One movement of a lot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MovementKey {
    /// The operation.
    pub operation: EventId,
    /// Its place among the operation's links of its role.
    pub position: u32,
}

/// A filling that was drawn from before it is on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifted {
    /// The filling.
    pub filling: MovementKey,
    /// Since when it is deemed to have been there.
    pub since: Timestamp,
}

impl Overdrawn {
    /// The most draws, and the most fillings, that are listed for one lot.
    pub const MAX: usize = 1_000;

    /// Whether nothing is to be said: all can have been as it is on record.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        self.is_in_time() && self.unbalanced.is_empty()
    }

    /// Whether no draw took what cannot have been there.
    #[must_use]
    pub fn is_in_time(&self) -> bool {
        self.draws.is_empty() && self.lifted.is_empty() && !self.beyond
    }

    /// Keeps the lists within their limit.
    pub fn bound(&mut self) {
        if self.draws.len() > Self::MAX || self.lifted.len() > Self::MAX {
            let unbalanced = std::mem::take(&mut self.unbalanced);
            *self = Self { beyond: true, unbalanced, ..Self::default() };
        }
    }
}
