//! Quantities, flows and balances of lots.

use async_graphql::ID;
use rust_decimal::Decimal;

use super::scalars::{Exact, Moment};
use lotgraph_domain::{self as domain, Flow, UnitCode};
use lotgraph_genealogy as genealogy;
use lotgraph_graphql_macros::{Object, SimpleObject};

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
    fn count(&self) -> u32 {
        self.0.count
    }

    /// Movements without a quantity.
    fn unmeasured(&self) -> u32 {
        self.0.unmeasured
    }

    /// Sums of the measured ones, one for each unit recorded.
    fn sums(&self) -> Vec<Quantity> {
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
    fn unit(&self) -> Option<&str> {
        self.0.unit.as_ref().map(AsRef::as_ref)
    }

    /// Received from suppliers. This sum and the next ones are absent when a part of them cannot be converted: `unconvertible`
    /// says which units those are.
    fn received(&self) -> Option<Exact> {
        self.0.received.map(Into::into)
    }

    /// Produced by operations.
    fn produced(&self) -> Option<Exact> {
        self.0.produced.map(Into::into)
    }

    /// Consumed by operations.
    fn consumed(&self) -> Option<Exact> {
        self.0.consumed.map(Into::into)
    }

    /// Shipped to customers.
    fn shipped(&self) -> Option<Exact> {
        self.0.shipped.map(Into::into)
    }

    /// Scrapped.
    fn scrapped(&self) -> Option<Exact> {
        self.0.scrapped.map(Into::into)
    }

    /// Shipped before, and come back.
    fn returned(&self) -> Option<Exact> {
        self.0.returned.map(Into::into)
    }

    /// What is left; after a stock count what was counted, and what moved since. Absent when a movement that matters was not
    /// measured or cannot be converted.
    fn on_hand(&self) -> Option<Exact> {
        self.0.on_hand.map(Into::into)
    }

    /// The last stock count.
    fn counted(&self) -> Option<CountedStock> {
        self.0.counted.as_ref().map(|counted| CountedStock {
            operation_id: ID::from(counted.operation.as_str()),
            at: Moment(counted.at),
            amount: counted.amount.map(Into::into),
        })
    }

    /// What makes both sides equal: received + produced + returned = consumed + shipped + scrapped + on hand +
    /// unexplained. Above 0 something is missing, below 0 there is more than came in; absent while either side is not known.
    fn unexplained(&self) -> Option<Exact> {
        self.0.unexplained.map(Into::into)
    }

    /// How much more was drawn than ever came in, or than was counted and came in since: a quantity gap.
    fn gap(&self) -> Option<Exact> {
        self.0.gap.map(Into::into)
    }

    /// Movements that nobody measured.
    fn unmeasured(&self) -> u32 {
        self.0.unmeasured
    }

    /// Units without a conversion: because of them sums are absent.
    fn unconvertible(&self) -> Vec<&str> {
        self.0.unconvertible.iter().map(AsRef::as_ref).collect()
    }
}

/// What a stock count found.
#[derive(SimpleObject)]
pub struct CountedStock {
    /// The id of the count.
    operation_id: ID,
    /// When it was counted.
    at: Moment,
    /// How much was there, in the unit of the balance; absent when it cannot be converted.
    amount: Option<Exact>,
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
