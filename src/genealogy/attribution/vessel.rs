//! A lot in the course of time: what it holds, and how much of that is the seeds'.

use rust_decimal::Decimal;

use super::GapReason;
use super::share::Share;
use crate::domain::{OperationKind, Timestamp};

/// A lot being filled, drawn and cleaned.
#[derive(Debug, Clone)]
pub(super) struct Vessel {
    /// What it holds, in its own unit; `None` when that is not known.
    held: Option<Decimal>,
    /// All that came in, in its own unit; `None` when that is not known.
    pub(super) came: Option<Decimal>,
    content: Share,
    /// What of the seeds' came in since it was last cleaned.
    came_bad: Share,
    /// The clean before: when it was over, and what it took away.
    last_clean: Option<(Timestamp, Share)>,
    pub(super) carried: Share,
    pub(super) handed_on: Share,
    pub(super) shipped: Share,
    pub(super) scrapped: Share,
    pub(super) cleaned: Share,
}

impl Vessel {
    pub(super) const EMPTY: Self = Self {
        held: Some(Decimal::ZERO),
        came: Some(Decimal::ZERO),
        content: Share::NOTHING,
        came_bad: Share::NOTHING,
        last_clean: None,
        carried: Share::NOTHING,
        handed_on: Share::NOTHING,
        shipped: Share::NOTHING,
        scrapped: Share::NOTHING,
        cleaned: Share::NOTHING,
    };

    /// What is in it of the seeds' material.
    pub(super) fn content(&self) -> Share {
        self.content
    }

    /// Takes in an amount, `None` when it is not known, with what of it is the seeds'.
    pub(super) fn fill(&mut self, amount: Option<Decimal>, share: Share) {
        let sum = |known: Option<Decimal>| known.zip(amount).map(|(known, more)| known.saturating_add(more));
        (self.held, self.came) = (sum(self.held), sum(self.came));
        self.content.add(share);
        self.came_bad.add(share);
        self.carried.add(share);
    }

    /// Draws an amount: what goes with it, and what is missing to know that better.
    pub(super) fn draw(&mut self, amount: Option<Decimal>) -> (Share, Option<GapReason>) {
        let reason = match (self.held, amount) {
            (Some(held), Some(amount)) if amount <= held => {
                self.held = Some(held - amount);
                let fraction = if amount == held { Some(Decimal::ONE) } else { amount.checked_div(held) };
                return (self.content.take(fraction.unwrap_or(Decimal::ONE)), None);
            }
            (Some(_), Some(_)) => {
                // The records are wrong somewhere: what is taken to be drawn already may be in this draw.
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

    /// Empties it.
    pub(super) fn clean(&mut self, until: Timestamp) {
        let gone = std::mem::replace(&mut self.content, Share::NOTHING);
        self.cleaned.add(gone);
        self.came_bad = Share::NOTHING;
        self.held = Some(Decimal::ZERO);
        self.last_clean = Some((until, gone));
    }

    /// Whether a draw that can lie before the end of the last clean may take what that took away.
    pub(super) fn may_predate_clean(&self, earliest: Timestamp) -> bool {
        self.last_clean.is_some_and(|(until, gone)| earliest <= until && !gone.is_nothing())
    }

    /// Notes where a draw went; false when it went into an operation that makes something of it.
    pub(super) fn note(&mut self, kind: OperationKind, share: Share) -> bool {
        match kind {
            OperationKind::Ship => self.shipped.add(share),
            OperationKind::Scrap => self.scrapped.add(share),
            _ => {
                self.handed_on.add(share);
                return false;
            }
        }
        true
    }
}
