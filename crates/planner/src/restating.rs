//! Operations of which the names mean other lots than before: their links are moved from lot to lot.

use std::collections::BTreeSet;

use foldhash::HashMap;

use lotgraph_domain::operation::Link;
use lotgraph_domain::{EventId, Fact, LotId, NamesMeant, Operation, Pairs, Role};

use crate::facts::{claim_material, link_rows, operation_row};
use crate::flow::{count_link, counts_alike};
use crate::imbalance;
use crate::log::Log;
use crate::lots::Lots;
use crate::projection::Projection;
use crate::writes::{EventRow, LinkKey, LinkRow, MovedOperation, OperationRow};
use crate::{lot_factors, transfers};

/// Moves the links of the operations that were recorded under some names to the lots that these mean by now. `by` is the event
/// that changed what they mean.
pub(crate) fn restate(names: &BTreeSet<LotId>, by: &EventId, so_far: &mut Projection<'_>) {
    let concerned = so_far.log.named(names);
    transfers::lay_down(concerned.iter().map(|(id, _)| id.clone()), by, so_far);
    let mut rows = Rows::of(&so_far.links);
    let mut lots = names.clone();
    for (id, named) in concerned {
        let Some(before) = so_far.log.operation(&id).cloned() else { continue };
        let meant = so_far.lots.aliases.operation(&named);
        let after = meant.as_ref().unwrap_or(&named);
        if before != *after {
            restate_one(&id, &before, after, &mut rows, so_far);
            lots.extend(after.links().map(|link| link.lot.clone()));
            for (was, is) in moved(&before, after) {
                so_far.renamed.insert(was.lot.clone(), by.clone());
                so_far.renamed.insert(is.lot.clone(), by.clone());
            }
            let names = so_far.lots.aliases.names(&named);
            if let Some(row) = so_far.operations.iter_mut().find(|row| row.id == id) {
                (row.names, row.pairs) = (names, Pairs::of(after));
            }
            so_far.log.say(&id, meant.map(Fact::Operation));
            so_far.log.note_moved(&id);
        }
    }
    transfers::changed(&lots, by, so_far);
}

/// The links that are of another lot or count otherwise, as they were and as they are.
fn moved<'o>(before: &'o Operation, after: &'o Operation) -> impl Iterator<Item = (Link<'o>, Link<'o>)> {
    let links = before.links().zip(after.links());
    links.filter(move |(was, is)| !counts_alike((before, was), (after, is)))
}

fn restate_one(
    id: &EventId,
    before: &Operation,
    after: &Operation,
    rows: &mut Rows,
    so_far: &mut Projection<'_>,
) {
    so_far.holds.unfollow(id, before, &so_far.lots);
    for (was, is) in moved(before, after) {
        count_link(so_far.lots.change(was.lot), before, was, false);
        count_link(so_far.lots.change(is.lot), after, is, true);
        so_far.withdrawn.extend([was.lot.clone(), is.lot.clone()]);
        if was.lot != is.lot {
            rows.relink(id, (was, is), so_far);
        }
    }
    move_claims(before, after, so_far);
    imbalance::hand_over(id, before, after, &mut so_far.lots);
    so_far.holds.follow(id, after, &so_far.lots);
}

/// Moves what the items state of their lots: the material, and conversions.
fn move_claims(before: &Operation, after: &Operation, so_far: &mut Projection<'_>) {
    let inputs =
        before.inputs.iter().zip(&after.inputs).filter(|(was, is)| was.is_used() && was.lot != is.lot);
    let inputs = inputs.map(|(was, is)| (&was.lot, &is.lot, was.material.as_ref(), &[][..]));
    let outputs = before.outputs.iter().zip(&after.outputs);
    let outputs = outputs.filter(|(was, is)| was.is_made() && was.lot != is.lot);
    let outputs = outputs.map(|(was, is)| (&was.lot, &is.lot, was.material.as_ref(), was.factors.as_slice()));
    for (was, is, material, factors) in inputs.chain(outputs) {
        let lot = so_far.lots.change(was);
        if material.is_some() {
            lot.material_claims = lot.material_claims.saturating_sub(1);
        }
        factors.iter().for_each(|factor| lot_factors::unclaim(&mut lot.factors, factor));
        let lot = so_far.lots.change(is);
        if let Some(material) = material {
            claim_material(lot, material);
        }
        factors.iter().for_each(|factor| lot_factors::claim(&mut lot.factors, factor));
    }
}

/// The rows of links that the work has made so far, by their keys.
struct Rows(HashMap<(EventId, Role, u32), usize>);

impl Rows {
    fn of(links: &[LinkRow]) -> Self {
        let key = |(n, row): (usize, &LinkRow)| ((row.operation.clone(), row.role, row.position), n);
        Self(links.iter().enumerate().map(key).collect())
    }

    /// Writes a link of another lot, in the place of the row that there is or of the link that is recorded.
    fn relink(&mut self, id: &EventId, link: (Link<'_>, Link<'_>), so_far: &mut Projection<'_>) {
        let (was, is) = link;
        let key = (id.clone(), is.role, is.position);
        if let Some(n) = self.0.get(&key) {
            (so_far.links[*n].lot, so_far.links[*n].sense) = (is.lot.clone(), is.sense.owned());
            return;
        }
        let (operation, role, position) = key.clone();
        so_far.unlinks.push(LinkKey { operation: operation.clone(), role, position, lot: was.lot.clone() });
        self.0.insert(key, so_far.links.len());
        so_far.links.push(LinkRow {
            operation,
            role,
            position,
            lot: is.lot.clone(),
            quantity: is.quantity.cloned(),
            earliest: is.earliest,
            latest: is.latest,
            sense: is.sense.owned(),
        });
    }
}

/// The recorded operations of which links were moved, whole.
pub(crate) fn moved_operations(log: &Log<'_>, lots: &Lots) -> Vec<MovedOperation> {
    let whole = log.moved().map(|(recorded, operation)| {
        let (event, id) = (&recorded.event, &recorded.event.id);
        let names = match &event.fact {
            Fact::Operation(named) => lots.aliases.names(named),
            _ => NamesMeant::default(),
        };
        MovedOperation {
            event: EventRow {
                id: id.clone(),
                event_type: event.fact.event_type(),
                body: recorded.body.clone(),
            },
            operation: OperationRow { names, ..operation_row(id, operation) },
            links: link_rows(id, operation).collect(),
            lots: operation.links().filter_map(|link| lots.get(link.lot).cloned()).collect(),
        }
    });
    whole.collect()
}
