//! The lots that a recall starts from, each with the reasons why it is bad and the moment from which it is.

use std::collections::BTreeMap;

use lotgraph_domain::recall::ScopeLot;
use lotgraph_domain::{EventId, LotId, Timestamp};

/// Why a lot is a seed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The scope names it.
    Named,
    /// A cause touched it.
    Cause {
        /// The cause's place in the scope.
        cause: u32,
        /// The first operation by which the cause touched it.
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
    /// Since when it is bad; absent when it always was.
    pub since: Option<Timestamp>,
    /// Why it is bad: at most one reason for each cause. That the scope names it comes first.
    pub reasons: Vec<Reason>,
}

/// What is known of a lot while seeds are collected.
#[derive(Debug, Default)]
struct Known {
    /// If the scope names the lot: since when it is bad, or `None` inside for always.
    named: Option<Option<Timestamp>>,
    /// For each cause, when it touched the lot first, and by which operation.
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

    /// The seeds, by id. A lot is bad from the earliest of its reasons on.
    #[must_use]
    pub fn finish(self) -> Vec<Seed> {
        self.0.into_iter().map(|(lot, known)| seed(lot, known)).collect()
    }
}

fn seed(lot: LotId, known: Known) -> Seed {
    let touched = known.touches.values().map(|(since, _)| Some(*since));
    // An absent moment means always. `None` sorts before every moment, so it wins, as it should.
    let since = known.named.into_iter().chain(touched).min().flatten();
    let named = known.named.map(|_| Reason::Named);
    let causes = known.touches.into_iter().map(|(cause, (since, operation))| Reason::Cause {
        cause,
        operation,
        since,
    });
    Seed { lot, since, reasons: named.into_iter().chain(causes).collect() }
}
