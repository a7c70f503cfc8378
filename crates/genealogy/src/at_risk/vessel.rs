//! A lot in the course of time: what it holds, and how much of that is the seeds' material.

use rust_decimal::Decimal;

use super::GapReason;
use super::share::Share;
use lotgraph_domain::{OperationKind, Timestamp};

/// A lot being filled, drawn and cleaned.
#[derive(Debug, Clone)]
pub(super) struct Vessel {
    /// What it holds, in its own unit; `None` when that is not known.
    held: Option<Decimal>,
    /// All that came in, in its own unit; `None` when that is not known.
    pub(super) came: Option<Decimal>,
    content: Share,
    /// How much of the seeds' material came in since the last clean, whether it was drawn again or not.
    came_bad: Share,
    /// How much of the seeds' material draws may have taken that the simulation has here or has come in only later; `None`
    /// when that is not known.
    drawn_unseen: Option<Decimal>,
    /// The last clean: when it was over, and how much of the seeds' material it took away.
    last_clean: Option<(Timestamp, Share)>,
    pub(super) carried: Share,
    pub(super) handed_on: Share,
    pub(super) shipped: Share,
    pub(super) scrapped: Share,
    pub(super) cleaned: Share,
    pub(super) unexplained: Share,
}

impl Vessel {
    pub(super) const EMPTY: Self = Self {
        held: Some(Decimal::ZERO),
        came: Some(Decimal::ZERO),
        content: Share::NOTHING,
        came_bad: Share::NOTHING,
        drawn_unseen: Some(Decimal::ZERO),
        last_clean: None,
        carried: Share::NOTHING,
        handed_on: Share::NOTHING,
        shipped: Share::NOTHING,
        scrapped: Share::NOTHING,
        cleaned: Share::NOTHING,
        unexplained: Share::NOTHING,
    };

    /// What is in it of the seeds' material.
    pub(super) fn content(&self) -> Share {
        self.content
    }

    /// Takes in an amount, `None` when it is not known, and the part of it that is the seeds' material.
    pub(super) fn fill(&mut self, amount: Option<Decimal>, share: Share) {
        let sum = |known: Option<Decimal>| known.zip(amount).map(|(known, more)| known.saturating_add(more));
        (self.held, self.came) = (sum(self.held), sum(self.came));
        self.content.add(share);
        self.came_bad.add(share);
        self.carried.add(share);
        self.doubt();
    }

    /// Takes back what had left this lot: an amount, `None` when it is not known, and the part of it that is the seeds'
    /// material. All of that came in before, so it is not counted as coming in once more.
    pub(super) fn take_back(&mut self, amount: Option<Decimal>, share: Share) {
        self.held = self.held.zip(amount).map(|(held, more)| held.saturating_add(more));
        self.content.add(share);
        self.doubt();
    }

    /// Sets what the lot holds to what a stock count found, `None` when that is not known. `in_seed_unit` converts an amount
    /// of the lot. Returns what the count leaves open: it differs from what should have been there by more than a part of all
    /// that came in, or nobody knows what should have been there of which some is the seeds' material.
    pub(super) fn count(
        &mut self,
        found: Option<Decimal>,
        tolerance: Decimal,
        in_seed_unit: impl Fn(Decimal) -> Option<Decimal>,
    ) -> Option<GapReason> {
        let before = std::mem::replace(&mut self.held, found);
        let (Some(found), Some(before)) = (found, before) else {
            let open = !self.content.is_nothing();
            self.content = self.content.unsure();
            return open.then_some(GapReason::UnknownContent);
        };
        if found < before {
            let gone = (before - found).checked_div(before).unwrap_or(Decimal::ONE);
            let gone = self.content.take(gone);
            self.unexplained.add(gone);
        } else if found > before {
            // It may be that less was drawn than is on record.
            let more = in_seed_unit(found - before);
            let high = self.content.high.zip(more).map(|(high, more)| high.saturating_add(more));
            let most = [high, self.came_bad.high].into_iter().flatten().min();
            self.content.high = most.map(|most| most.max(self.content.low));
        }
        let differs = (found - before).abs() > self.came.unwrap_or_default().saturating_mul(tolerance);
        differs.then_some(GapReason::CountDiffers)
    }

    /// Notes that a draw may have taken so much more of the seeds' material than the simulation can see here.
    pub(super) fn draw_unseen(&mut self, amount: Option<Decimal>) {
        let sum = self.drawn_unseen.zip(amount);
        self.drawn_unseen = sum.map(|(known, more)| known.saturating_add(more));
        self.doubt();
    }

    /// Takes what may be gone unseen off what is surely left.
    fn doubt(&mut self) {
        match &mut self.drawn_unseen {
            None => self.content = self.content.unsure(),
            Some(unseen) => {
                let gone = self.content.low.min(*unseen);
                self.content.low -= gone;
                *unseen -= gone;
            }
        }
    }

    /// Draws an amount. Returns the seeds' material that goes with it, and the reason when that is not known
    /// exactly.
    pub(super) fn draw(&mut self, amount: Option<Decimal>) -> (Share, Option<GapReason>) {
        let reason = match (self.held, amount) {
            (Some(held), Some(amount)) if amount <= held => {
                self.held = Some(held - amount);
                let fraction = if amount == held { Some(Decimal::ONE) } else { amount.checked_div(held) };
                return (self.content.take(fraction.unwrap_or(Decimal::ONE)), None);
            }
            (Some(_), Some(_)) => {
                // More is drawn than is there, so the records are wrong somewhere. What seems to have been
                // drawn already may be in this draw instead.
                self.held = Some(Decimal::ZERO);
                self.content = self.came_bad;
                GapReason::DrawnMoreThanHeld
            }
            (None, Some(_)) => GapReason::UnknownContent,
            (_, None) => {
                self.held = None;
                GapReason::NoQuantity
            }
        };
        if self.content.is_nothing() {
            return (Share::NOTHING, None);
        }
        self.content = self.content.unsure();
        (self.content, Some(reason))
    }

    /// Empties the lot at a clean that lasts until this moment.
    pub(super) fn clean(&mut self, until: Timestamp) {
        let gone = std::mem::replace(&mut self.content, Share::NOTHING);
        self.cleaned.add(gone);
        self.came_bad = Share::NOTHING;
        self.held = Some(Decimal::ZERO);
        self.drawn_unseen = Some(Decimal::ZERO);
        self.last_clean = Some((until, gone));
    }

    /// Whether a draw may have happened before the end of the last clean, and so may hold some of what the
    /// clean took away.
    pub(super) fn may_predate_clean(&self, earliest: Timestamp) -> bool {
        self.last_clean.is_some_and(|(until, gone)| earliest <= until && !gone.is_nothing())
    }

    /// Adds a draw to the sum of where it went. Returns false when it went into an operation that makes
    /// something of it.
    pub(super) fn note(&mut self, kind: OperationKind, share: Share) -> bool {
        match kind {
            // What customers hold is kept apart, since it may come back.
            OperationKind::Ship => {}
            OperationKind::Scrap => self.scrapped.add(share),
            _ => {
                self.handed_on.add(share);
                return false;
            }
        }
        true
    }
}
