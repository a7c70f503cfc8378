//! Lots: a traceable quantity of one material, with what flowed in and out of it.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Attributes;
use super::alias::AliasOf;
use super::conversion::StatedRates;
use super::hold::{LotStatus, Quarantine};
use super::identifier::{EventId, LotId, MaterialCode, Text, UnitCode};
use super::names::names;
use super::quantity::decimal;
use super::stock::{Overdrawn, Stock};
use super::time::Timestamp;

names! {
    /// Where a lot comes from, as far as the ledger knows.
    pub enum Origin {
        /// Delivered by a supplier.
        Received "RECEIVED",
        /// Made by an operation.
        Produced "PRODUCED",
        /// Only named by events that draw from it: its own receipt or production is not on record.
        Unknown "UNKNOWN",
    }
}

/// An exact sum that may be negative in between (a void takes away what it recorded).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum(#[serde(with = "decimal")] pub Decimal);

/// What moved one way, summed by unit as it was recorded, with the movements that nobody measured.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Flow {
    /// Movements, measured or not.
    pub count: u32,
    /// Movements without a quantity.
    pub unmeasured: u32,
    /// Sums by unit; a unit whose sum is zero is not listed.
    pub sums: BTreeMap<UnitCode, Sum>,
}

/// What does not add up about a lot, each with the event since which it is so: it names the alert that tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Anomalies {
    /// It was drawn from, and its own receipt or production is not on record.
    pub unknown_origin: Option<EventId>,
    /// More was drawn from it than ever came in.
    pub quantity_gap: Option<EventId>,
    /// It was drawn from before any of it is on record as received or produced.
    pub time_conflict: Option<EventId>,
    /// At some moment more had been drawn from it than can have come in by then.
    pub overdrawn: Option<EventId>,
    /// It is a single unit, and was made twice, used twice, in two places at once, or not one.
    pub unit_conflict: Option<EventId>,
}

impl Anomalies {
    /// Whether everything adds up.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        let Self { unknown_origin, quantity_gap, time_conflict, overdrawn, unit_conflict } = self;
        [unknown_origin, quantity_gap, time_conflict, overdrawn, unit_conflict]
            .into_iter()
            .all(Option::is_none)
    }
}

/// A lot: identity, master data and what flowed in and out, as of a revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lot {
    /// Its identity.
    pub id: LotId,
    /// The number printed on it, when that is not its id.
    pub number: Option<Text>,
    /// The supplier's own number for it.
    pub supplier_lot: Option<Text>,
    /// Its material, once any event told.
    pub material: Option<MaterialCode>,
    /// How many live links stated the material; while there are none it may still change.
    pub material_claims: u32,
    /// Further facts.
    pub attributes: Attributes,
    /// The conversions that were stated for it.
    pub factors: StatedRates,
    /// Received from suppliers.
    pub received: Flow,
    /// Produced by operations.
    pub produced: Flow,
    /// Consumed by operations.
    pub consumed: Flow,
    /// Shipped to customers.
    pub shipped: Flow,
    /// Scrapped.
    pub scrapped: Flow,
    /// Shipped before, and come back into this lot.
    pub returned: Flow,
    /// Links by which returns brought back what had been shipped as this lot, into it or into another lot.
    pub came_back: u32,
    /// Operations that worked on it in place.
    pub in_place: u32,
    /// The first moment it can have been received or produced.
    pub earliest_production: Option<Timestamp>,
    /// The last moment at which its first draw can have happened: the least of these over all draws.
    pub earliest_draw: Option<Timestamp>,
    /// What holds, inspections and releases say about its use.
    pub quarantine: Quarantine,
    /// What does not add up about it.
    pub anomalies: Anomalies,
    /// Of what it is only another name. Then nothing moves in or out of it; all that was recorded of it is that lot's.
    pub alias_of: Option<AliasOf>,
    /// Its further names and the names of these, each with the event that says so.
    pub aliases: BTreeMap<LotId, EventId>,
    /// How far its movements were compared.
    pub stock: Stock,
    /// The draws that took more than can have been there.
    pub overdrawn: Overdrawn,
}

impl Lot {
    /// A lot that was only named so far.
    #[must_use]
    pub fn named(id: LotId) -> Self {
        Self {
            id,
            number: None,
            supplier_lot: None,
            material: None,
            material_claims: 0,
            attributes: Attributes::new(),
            factors: StatedRates::new(),
            received: Flow::default(),
            produced: Flow::default(),
            consumed: Flow::default(),
            shipped: Flow::default(),
            scrapped: Flow::default(),
            returned: Flow::default(),
            came_back: 0,
            in_place: 0,
            earliest_production: None,
            earliest_draw: None,
            quarantine: Quarantine::default(),
            anomalies: Anomalies::default(),
            alias_of: None,
            aliases: BTreeMap::new(),
            stock: Stock::default(),
            overdrawn: Overdrawn::default(),
        }
    }

    /// Where it comes from: produced wins over received (a bought lot that was topped up here).
    #[must_use]
    pub fn origin(&self) -> Origin {
        if self.produced.count > 0 {
            Origin::Produced
        } else if self.received.count > 0 {
            Origin::Received
        } else {
            Origin::Unknown
        }
    }

    /// Whether it may flow on.
    #[must_use]
    pub fn status(&self) -> LotStatus {
        self.quarantine.status()
    }

    /// The number people read: the printed one, else the id.
    #[must_use]
    pub fn printed(&self) -> &str {
        self.number.as_ref().map_or(self.id.as_str(), Text::as_str)
    }

    /// When it first came in; of a lot that never did, when it was first drawn from. The conversions of its material hold for
    /// it that held then.
    #[must_use]
    pub fn came_first(&self) -> Option<Timestamp> {
        self.earliest_production.or(self.earliest_draw)
    }

    /// The flows by which some of it came in.
    #[must_use]
    pub fn came_in(&self) -> [&Flow; 3] {
        [&self.received, &self.produced, &self.returned]
    }

    /// The flows by which some of it left.
    #[must_use]
    pub fn left(&self) -> [&Flow; 3] {
        [&self.consumed, &self.shipped, &self.scrapped]
    }

    /// What a search over lots looks through: id, printed number and supplier's number, in lower case.
    #[must_use]
    pub fn search_text(&self) -> String {
        let mut text = self.id.as_str().to_lowercase();
        for more in [&self.number, &self.supplier_lot].into_iter().flatten() {
            text.push('\n');
            text.push_str(&more.as_str().to_lowercase());
        }
        text
    }
}
