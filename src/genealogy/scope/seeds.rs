//! The lots that a recall starts from, each with the moment since which it is bad and why.

use std::collections::BTreeMap;

use crate::domain::recall::ScopeLot;
use crate::domain::{EventId, LotId, Timestamp};

/// Why a lot is a seed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The scope names it.
    Named,
    /// A cause touched it.
    Cause {
        /// The cause's place in the scope.
        cause: u32,
        /// The operation by which it was touched first.
        operation: EventId,
        /// When that was.
        since: Timestamp,
    },
}

/// A lot that a recall starts from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seed {
    /// The lot.
    pub lot: LotId,
    /// Since when it is bad; absent: always.
    pub since: Option<Timestamp>,
    /// Why: at most one reason for each cause, named first.
    pub reasons: Vec<Reason>,
}

/// What is known of a lot while seeds are collected.
#[derive(Debug, Default)]
struct Known {
    /// Named by the scope, and since when.
    named: Option<Option<Timestamp>>,
    /// The first touch of each cause.
    touches: BTreeMap<u32, (Timestamp, EventId)>,
}

/// Collects seeds.
#[derive(Debug, Default)]
pub struct Seeds(BTreeMap<LotId, Known>);

impl Seeds {
    /// Takes a lot that the scope names.
    pub fn name(&mut self, lot: &ScopeLot) {
        self.0.entry(lot.lot.clone()).or_default().named = Some(lot.since);
    }

    /// Takes a lot that a cause touched.
    pub fn touch(&mut self, lot: LotId, cause: u32, operation: &EventId, since: Timestamp) {
        let touches = &mut self.0.entry(lot).or_default().touches;
        let this = (since, operation.clone());
        let first = touches.entry(cause).or_insert_with(|| this.clone());
        if this < *first {
            *first = this;
        }
    }

    /// How many lots there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The seeds, by id. Whatever made a lot bad first counts.
    #[must_use]
    pub fn finish(self) -> Vec<Seed> {
        self.0.into_iter().map(|(lot, known)| seed(lot, known)).collect()
    }
}

fn seed(lot: LotId, known: Known) -> Seed {
    let touched = known.touches.values().map(|(since, _)| Some(*since));
    // An absent moment means always, which comes before every other.
    let since = known.named.into_iter().chain(touched).min().flatten();
    let named = known.named.map(|_| Reason::Named);
    let causes = known.touches.into_iter().map(|(cause, (since, operation))| Reason::Cause {
        cause,
        operation,
        since,
    });
    Seed { lot, since, reasons: named.into_iter().chain(causes).collect() }
}
