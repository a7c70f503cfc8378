//! What came into the scope of a recall since it was frozen, and what fell out of it.

use std::collections::{BTreeMap, BTreeSet};

use super::whereabouts::{CustomerShare, Scope, Share};
use crate::Subgraph;
use lotgraph_domain::{EventId, LotId, PartyCode};

/// A scope with the subgraph that its indices point into.
#[derive(Debug, Clone, Copy)]
pub struct ScopeOf<'a> {
    /// The subgraph.
    pub subgraph: &'a Subgraph,
    /// The scope.
    pub scope: &'a Scope,
}

/// A customer who, as is known by now, received more or less than was known before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedCustomer {
    /// The customer; absent for shipments that name none.
    pub customer: Option<PartyCode>,
    /// What was known to have been shipped to them then, by material and unit.
    pub before: Vec<Share>,
    /// What is known now, in the same form.
    pub after: Vec<Share>,
}

/// What differs between a scope and the same one later. What was added is told by its place in the later
/// scope, and what was removed by its place in the earlier one, both in the order of that scope.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScopeDifference {
    /// Affected lots that came in.
    pub lots_added: Vec<u32>,
    /// Lots that are not affected any more.
    pub lots_removed: Vec<u32>,
    /// Shipments that came in.
    pub shipments_added: Vec<u32>,
    /// Shipments that are not affected any more.
    pub shipments_removed: Vec<u32>,
    /// Customers who received more or less than was known, also those who came in or fell out.
    pub customers: Vec<ChangedCustomer>,
}

impl ScopeDifference {
    /// Whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Compares two scopes; an absent one is empty.
#[must_use]
pub fn scope_difference(before: Option<ScopeOf<'_>>, after: Option<ScopeOf<'_>>) -> ScopeDifference {
    let [lots_before, lots_after] = [before, after].map(lots);
    let [shipments_before, shipments_after] = [before, after].map(shipments);
    ScopeDifference {
        lots_added: missing_from(&lots_after, &lots_before),
        lots_removed: missing_from(&lots_before, &lots_after),
        shipments_added: missing_from(&shipments_after, &shipments_before),
        shipments_removed: missing_from(&shipments_before, &shipments_after),
        customers: customers(before, after),
    }
}

fn lots(of: Option<ScopeOf<'_>>) -> Vec<&LotId> {
    let Some(ScopeOf { subgraph, scope }) = of else { return Vec::new() };
    scope.lots.iter().map(|lot| &subgraph.lots[lot.lot as usize].id).collect()
}

fn shipments(of: Option<ScopeOf<'_>>) -> Vec<(&EventId, u32)> {
    let Some(ScopeOf { subgraph, scope }) = of else { return Vec::new() };
    let id = |operation: u32| &subgraph.operations[operation as usize].id;
    scope.shipments.iter().map(|shipment| (id(shipment.operation), shipment.position)).collect()
}

/// The places of those items that `others` does not have.
fn missing_from<T: Ord>(items: &[T], others: &[T]) -> Vec<u32> {
    let others: BTreeSet<&T> = others.iter().collect();
    let items = items.iter().enumerate();
    items.filter(|(_, item)| !others.contains(item)).map(|(n, _)| n as u32).collect()
}

fn customers(before: Option<ScopeOf<'_>>, after: Option<ScopeOf<'_>>) -> Vec<ChangedCustomer> {
    let shares = |of: Option<ScopeOf<'_>>| -> BTreeMap<(bool, Option<PartyCode>), Vec<Share>> {
        let shares = of.map(|of| of.scope.customers.iter()).into_iter().flatten();
        let key = |share: &CustomerShare| (share.customer.is_none(), share.customer.clone());
        shares.map(|share| (key(share), share.quantities.clone())).collect()
    };
    let (mut before, after) = (shares(before), shares(after));
    let mut changed: BTreeMap<(bool, Option<PartyCode>), ChangedCustomer> = BTreeMap::new();
    for (key, after) in after {
        let known = before.remove(&key);
        if known.as_ref() != Some(&after) {
            let customer = key.1.clone();
            let before = known.unwrap_or_default();
            changed.insert(key, ChangedCustomer { customer, before, after });
        }
    }
    for (key, before) in before {
        let customer = key.1.clone();
        changed.insert(key, ChangedCustomer { customer, before, after: Vec::new() });
    }
    changed.into_values().collect()
}
