//! Rows of a plan over another store: what this file holds already is replaced, what it does not hold is made.

use std::collections::BTreeSet;

use super::load::Known;
use super::{MasterKeys, write};
use crate::error::Fallible;
use crate::ledger;
use crate::nodes;
use crate::readers::Snapshot;
use crate::statements::{GET_LOT_KEY, GET_RECORD, LOAD_EVENT};
use lotgraph_domain::{EventId, MasterRef};
use lotgraph_planner::{LotChange, MovedOperation, RecordChange, Writes};
use rusqlite::OptionalExtension;

/// Writes the rows, inside the caller's transaction.
pub(crate) fn overlay(snapshot: &Snapshot<'_>, keys: &mut MasterKeys, mut writes: Writes) -> Fallible<()> {
    let mut known = Known::default();
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
    let mut event = snapshot.statement(LOAD_EVENT)?;
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
    for moved in std::mem::take(&mut writes.moved) {
        if let Some((key, _)) = ledger::event(&mut event, &moved.event.id)? {
            known.events.insert(moved.event.id.clone(), key);
            writes.moved.push(moved);
            continue;
        }
        let MovedOperation { event: row, operation, links } = moved;
        // The operation is in the store beneath; here it is made anew, as it is by now.
        writes.unlinks.retain(|link| link.operation != row.id);
        writes.links.retain(|link| link.operation != row.id);
        writes.links.extend(links);
        writes.operations.push(operation);
        if let Some(revision) = writes.revisions.last_mut() {
            revision.events.push(row);
        }
    }
    let (_, last_event) = snapshot.revision()?;
    write::write(snapshot, keys, known, &writes, last_event + 1)
}
