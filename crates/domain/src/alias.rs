//! Names of lots: one lot may have been recorded under several.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::event::Fact;
use super::identifier::{EventId, LotId, Text};
use super::operation::Operation;
use super::time::Timestamp;

/// The most operations that may name lots which one event says are other names of a lot. Each of them is read and its links
/// are moved, all in one commit.
pub const RENAMED_OPERATIONS_MAX: usize = 10_000;

/// Says that numbers are further names of a lot: they were misread, or another system gave them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    /// When it was found out.
    pub at: Timestamp,
    /// The lot.
    pub lot: LotId,
    /// Its further names, each once, ordered.
    pub names: Vec<LotId>,
    /// Why.
    pub reason: Text,
}

/// Says that lots which were recorded apart were one lot all along.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergeLots {
    /// When it was found out.
    pub at: Timestamp,
    /// The lot that they all are.
    pub into: LotId,
    /// The lots that are no lots of their own, each once, ordered.
    pub lots: Vec<LotId>,
    /// Why.
    pub reason: Text,
}

/// What an [`Alias`] and a [`MergeLots`] come to alike: names, and the lot that they mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SameLot<'f> {
    /// The lot.
    pub lot: &'f LotId,
    /// Its further names.
    pub names: &'f [LotId],
}

impl<'f> SameLot<'f> {
    /// What a fact says about names of lots, if it says anything.
    #[must_use]
    pub fn of(fact: &'f Fact) -> Option<Self> {
        match fact {
            Fact::Alias(alias) => Some(alias.same_lot()),
            Fact::MergeLots(merge) => Some(merge.same_lot()),
            _ => None,
        }
    }

    /// The lot and its names.
    pub fn all(self) -> impl Iterator<Item = &'f LotId> {
        std::iter::once(self.lot).chain(self.names)
    }
}

impl Alias {
    /// The names, and what they mean.
    #[must_use]
    pub fn same_lot(&self) -> SameLot<'_> {
        SameLot { lot: &self.lot, names: &self.names }
    }
}

impl MergeLots {
    /// The names, and what they mean.
    #[must_use]
    pub fn same_lot(&self) -> SameLot<'_> {
        SameLot { lot: &self.into, names: &self.lots }
    }
}

/// What a name means that is no lot of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AliasOf {
    /// What it is another name of. That may be a further name itself.
    pub lot: LotId,
    /// The event that says so.
    pub by: EventId,
    /// What the lot took over from the name because it had none of its own.
    pub lent: Lent,
}

/// What a lot took over from one of its names; it gives it back when that turns out to be a lot of its own.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Lent {
    /// The material.
    pub material: bool,
    /// The printed number.
    pub number: bool,
    /// The supplier's number.
    pub supplier_lot: bool,
    /// What it may only be used for.
    pub disposition: bool,
    /// That it waits for its inspection.
    pub inspection: bool,
    /// The names of attributes.
    pub attributes: BTreeSet<Text>,
}

/// The lots that an operation means where its event names them by further names; nearly always none.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NamesMeant(BTreeMap<LotId, LotId>);

impl NamesMeant {
    /// What the names in an operation mean, as `meant` says; names of lots themselves are left out.
    pub fn of<'o>(operation: &'o Operation, meant: impl Fn(&'o LotId) -> Option<LotId>) -> Self {
        Self(operation.lots_named().filter_map(|name| Some((name.clone(), meant(name)?))).collect())
    }

    /// Whether the event names all its lots by themselves.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names, ordered, each with the lot that it means.
    pub fn iter(&self) -> impl Iterator<Item = (&LotId, &LotId)> {
        self.0.iter()
    }

    /// The operation with the lots that are meant.
    #[must_use]
    pub fn applied(&self, mut operation: Operation) -> Operation {
        if !self.is_empty() {
            operation.change_lots(|lot| {
                if let Some(meant) = self.0.get(lot) {
                    *lot = meant.clone();
                }
            });
        }
        operation
    }
}
