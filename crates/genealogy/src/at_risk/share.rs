//! Shares: amounts of seed material known between two bounds.

use rust_decimal::Decimal;

use super::{Bound, DECIMALS};

/// An amount of seed material between two bounds. Without a high bound it may be anything from the low one
/// on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) low: Decimal,
    pub(super) high: Option<Decimal>,
}

impl Share {
    pub(super) const NOTHING: Self = Self { low: Decimal::ZERO, high: Some(Decimal::ZERO) };
    pub(super) const UNKNOWN: Self = Self { low: Decimal::ZERO, high: None };

    pub(super) fn exactly(amount: Decimal) -> Self {
        Self { low: amount, high: Some(amount) }
    }

    pub(super) fn is_nothing(self) -> bool {
        self == Self::NOTHING
    }

    pub(super) fn add(&mut self, more: Self) {
        self.low = self.low.saturating_add(more.low);
        self.high = self.high.zip(more.high).map(|(high, more)| high.saturating_add(more));
    }

    /// Takes a fraction, 0 to 1, of the share; the rest stays.
    pub(super) fn take(&mut self, fraction: Decimal) -> Self {
        if fraction >= Decimal::ONE {
            return std::mem::replace(self, Self::NOTHING);
        }
        let low = self.low.saturating_mul(fraction);
        let high = self.high.map(|high| high.saturating_mul(fraction));
        self.low -= low;
        self.high = self.high.zip(high).map(|(all, taken)| all - taken);
        Self { low, high }
    }

    /// Anything from none of it to all of it.
    pub(super) fn unsure(self) -> Self {
        Self { low: Decimal::ZERO, high: self.high }
    }

    /// The bound that is shown, rounded to [`DECIMALS`] places. No share can be more than `most`. A share
    /// without a high bound of its own can be no more than `else_most` either.
    pub(super) fn bound(self, most: Option<Decimal>, else_most: Option<Decimal>) -> Bound {
        let known = self.high.or(else_most);
        let high = known.into_iter().chain(most).min().map(|high| high.max(self.low));
        let shown = |amount: Decimal| amount.round_dp(DECIMALS).normalize();
        Bound { low: shown(self.low), high: high.map(shown) }
    }
}
