//! Rows of a plan over another store: what this file holds already is replaced, what it does not hold is made.

use std::collections::{BTreeMap, BTreeSet};

use super::load::Known;
use super::{MasterKeys, write};
use crate::error::Fallible;
use crate::ledger;
use crate::nodes;
use crate::readers::Snapshot;
use crate::statements::{GET_LOT_KEY, GET_RECORD, LOAD_EVENT};
use lotgraph_domain::{EventId, Lot, LotId, MasterRef};
use lotgraph_planner::{LotChange, LotRow, MovedOperation, RecordChange, Writes};
use rusqlite::OptionalExtension;

/// Writes the rows, inside the caller's transaction.
pub(crate) fn overlay(snapshot: &Snapshot<'_>, keys: &mut MasterKeys, mut writes: Writes) -> Fallible<()> {
    let mut known = Known::default();
    let mut event = snapshot.statement(LOAD_EVENT)?;
    let mut more: Vec<Lot> = Vec::new();
    for moved in std::mem::take(&mut writes.moved) {
        if let Some((key, _)) = ledger::event(&mut event, &moved.event.id)? {
            known.events.insert(moved.event.id.clone(), key);
            writes.moved.push(moved);
            continue;
        }
        let MovedOperation { event: row, operation, links, lots } = moved;
        more.extend(lots);
        // The operation is in the store beneath; here it is made anew, as it is by now.
        writes.unlinks.retain(|link| link.operation != row.id);
        writes.links.retain(|link| link.operation != row.id);
        writes.links.extend(links);
        writes.mentions.extend(operation.processed_by.iter().cloned());
        writes.mentions.extend(operation.party.clone().map(MasterRef::Party));
        writes.operations.push(operation);
        if let Some(revision) = writes.revisions.last_mut() {
            revision.events.push(row);
        }
    }
    // An operation that was moved and then withdrawn is none of those: what is not here has no links to lose either.
    for id in writes.unlinks.iter().map(|link| &link.operation).collect::<BTreeSet<_>>() {
        if let Some((key, _)) = ledger::event(&mut event, id)? {
            known.events.insert(id.clone(), key);
        }
    }
    let made: BTreeSet<EventId> = writes.operations.iter().map(|row| row.id.clone()).collect();
    writes.unlinks.retain(|link| known.events.contains_key(&link.operation));
    writes.links.retain(|link| known.events.contains_key(&link.operation) || made.contains(&link.operation));
    let written: BTreeSet<LotId> = writes.lots.iter().map(|row| row.lot.id.clone()).collect();
    let more: BTreeMap<LotId, Lot> = more.into_iter().map(|lot| (lot.id.clone(), lot)).collect();
    let more = more.into_values().filter(|lot| !written.contains(&lot.id));
    let row = |lot| LotRow { lot, change: LotChange::Created, quarantine: true };
    writes.lots.extend(more.map(row));
    // The material of a lot may have been named long before, in the store beneath.
    let materials = writes.lots.iter().filter_map(|row| row.lot.material.clone()).map(MasterRef::Material);
    let materials: BTreeSet<MasterRef> = materials.collect();
    writes.mentions.extend(materials);
    let mut lot_key = snapshot.statement(GET_LOT_KEY)?;
    for row in &mut writes.lots {
        let key: Option<i64> = lot_key.query_row([row.lot.id.as_str()], |row| row.get(0)).optional()?;
        row.change = match key {
            Some(key) => {
                known.lots.insert(row.lot.id.clone(), key);
                LotChange::Described { material: true }
            }
            None => LotChange::Created,
        };
        row.quarantine = true;
    }
    let mut record = snapshot.statement(GET_RECORD)?;
    for row in &mut writes.records {
        let there = nodes::record(&mut record, &row.body.reference())?.is_some();
        row.change = if there { RecordChange::Changed } else { RecordChange::Raised };
    }
    let written: BTreeSet<EventId> = writes.operations.iter().map(|row| row.id.clone()).collect();
    let mut voids = Vec::with_capacity(writes.voids.len());
    for row in writes.voids {
        if let Some((key, _)) = ledger::event(&mut event, &row.operation)? {
            known.events.insert(row.operation.clone(), key);
        } else if !written.contains(&row.operation) {
            continue;
        }
        voids.push(row);
    }
    writes.voids = voids;
    let (_, last_event) = snapshot.revision()?;
    write::write(snapshot, keys, known, &writes, last_event + 1)
}
