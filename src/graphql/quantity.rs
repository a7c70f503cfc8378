//! Quantities, flows and balances of lots.

use async_graphql::{Object, SimpleObject};
use rust_decimal::Decimal;

use super::scalars::Exact;
use crate::domain::{self, Flow, UnitCode};
use crate::genealogy;

/// An amount of something, in a unit.
#[derive(SimpleObject)]
pub struct Quantity {
    /// How much.
    amount: Exact,
    /// Of what unit: a UN/ECE Recommendation 20 code (KGM kilogram, LTR litre, H87 piece) or the plant's own.
    unit: String,
}

impl Quantity {
    /// A sum in a unit.
    pub(super) fn new(amount: Decimal, unit: &UnitCode) -> Self {
        Self { amount: amount.into(), unit: unit.to_string() }
    }
}

impl From<&domain::Quantity> for Quantity {
    fn from(quantity: &domain::Quantity) -> Self {
        Self { amount: quantity.amount.value().into(), unit: quantity.unit.to_string() }
    }
}

/// What moved one way, as it was recorded.
pub struct LotFlow(pub Flow);

/// What moved one way, as it was recorded.
#[Object]
impl LotFlow {
    /// Movements, measured or not.
    async fn count(&self) -> u32 {
        self.0.count
    }

    /// Movements without a quantity.
    async fn unmeasured(&self) -> u32 {
        self.0.unmeasured
    }

    /// Sums of the measured ones, one for each unit recorded.
    async fn sums(&self) -> Vec<Quantity> {
        let sums = self.0.sums.iter();
        sums.map(|(unit, sum)| Quantity { amount: sum.0.into(), unit: unit.to_string() }).collect()
    }
}

/// What flowed in and out of a lot, in one unit.
pub struct LotBalance(pub genealogy::Balance);

/// What flowed in and out of a lot, in one unit.
#[Object]
impl LotBalance {
    /// The unit of all sums: the material's own, else the only one recorded; absent when there is none to sum in.
    async fn unit(&self) -> Option<&str> {
        self.0.unit.as_ref().map(AsRef::as_ref)
    }

    /// Received from suppliers.
    async fn received(&self) -> Exact {
        self.0.received.into()
    }

    /// Produced by operations.
    async fn produced(&self) -> Exact {
        self.0.produced.into()
    }

    /// Consumed by operations.
    async fn consumed(&self) -> Exact {
        self.0.consumed.into()
    }

    /// Shipped to customers.
    async fn shipped(&self) -> Exact {
        self.0.shipped.into()
    }

    /// Scrapped.
    async fn scrapped(&self) -> Exact {
        self.0.scrapped.into()
    }

    /// What is left; absent when a movement was not measured or cannot be converted.
    async fn on_hand(&self) -> Option<Exact> {
        self.0.on_hand.map(Into::into)
    }

    /// How much more was drawn than ever came in: a quantity gap.
    async fn gap(&self) -> Option<Exact> {
        self.0.gap.map(Into::into)
    }

    /// Movements that nobody measured.
    async fn unmeasured(&self) -> u32 {
        self.0.unmeasured
    }

    /// Units without a declared conversion: their sums are not in the balance.
    async fn unconvertible(&self) -> Vec<&str> {
        self.0.unconvertible.iter().map(AsRef::as_ref).collect()
    }
}

/// A name with a value, both as recorded.
#[derive(SimpleObject)]
pub struct Attribute {
    /// What it is.
    name: String,
    /// Its value.
    value: String,
}

/// Free attributes, by name.
pub(super) fn attributes(attributes: &domain::Attributes) -> Vec<Attribute> {
    let pairs = attributes.iter();
    pairs.map(|(name, value)| Attribute { name: name.to_string(), value: value.to_string() }).collect()
}
