//! Further names of lots: what was recorded under them is the lot's.

use std::collections::BTreeSet;

use lotgraph_domain::{
    Alias, AliasOf, ErrorCode, EventId, Lent, Lot, LotId, MergeLots, Origin, Problem, RENAMED_OPERATIONS_MAX,
    RecordRef, SameLot,
};

use super::{Recordable, Touches};
use crate::aliases::Aliases;
use crate::flow::sums_fit;
use crate::need::anomalies;
use crate::projection::Projection;
use crate::restating::restate;
use crate::state::State;

impl Recordable for Alias {
    fn touches<'f>(&'f self, touches: &mut Touches<'f>) {
        touches.lots.extend(self.same_lot().all());
    }

    fn records(&self, state: &State, records: &mut BTreeSet<RecordRef>) {
        settles(self.same_lot(), state, records);
    }

    fn reads_marks(&self) -> bool {
        true
    }

    fn judge(&self, _: &EventId, so_far: &Projection<'_>) -> Result<(), Problem> {
        judge(self.same_lot(), ["lot", "names"], so_far)?;
        let Some(lot) = so_far.lots.get(&self.lot).filter(|lot| lot.origin() != Origin::Unknown) else {
            return Ok(());
        };
        for (n, name) in self.names.iter().enumerate() {
            if so_far.lots.get(name).is_some_and(|named| named.origin() != Origin::Unknown) {
                let message = format!(
                    "{name} and {} were both received or made here, so they look like two lots; if they were one lot all along, \
                     send mergeLots",
                    lot.id
                );
                return Err(Problem::new(ErrorCode::LotsDiffer, format!("names[{n}]"), message));
            }
        }
        Ok(())
    }

    fn project(&self, id: &EventId, so_far: &mut Projection<'_>) {
        unite(self.same_lot(), id, so_far);
    }

    fn voidable(&self) -> Result<(), &'static str> {
        Ok(())
    }
}

impl Recordable for MergeLots {
    fn touches<'f>(&'f self, touches: &mut Touches<'f>) {
        touches.lots.extend(self.same_lot().all());
    }

    fn records(&self, state: &State, records: &mut BTreeSet<RecordRef>) {
        settles(self.same_lot(), state, records);
    }

    fn reads_marks(&self) -> bool {
        true
    }

    fn judge(&self, _: &EventId, so_far: &Projection<'_>) -> Result<(), Problem> {
        so_far.must_know(&self.lots, "lots", "")?;
        judge(self.same_lot(), ["into", "lots"], so_far)
    }

    fn project(&self, id: &EventId, so_far: &mut Projection<'_>) {
        unite(self.same_lot(), id, so_far);
    }

    fn voidable(&self) -> Result<(), &'static str> {
        Ok(())
    }
}

/// The alerts that something does not add up about lots of which links are moved.
pub(super) fn settles(said: SameLot<'_>, state: &State, records: &mut BTreeSet<RecordRef>) {
    let aliases = Aliases::among(&state.lots);
    for lot in said.all() {
        anomalies(state, lot, records);
        anomalies(state, aliases.meant(lot), records);
    }
}

/// Whether names may be further names of a lot. `fields` are where the event says the lot and the names.
fn judge(said: SameLot<'_>, fields: [&str; 2], so_far: &Projection<'_>) -> Result<(), Problem> {
    let [lot_field, names_field] = fields;
    let lots = &so_far.lots;
    let Some(lot) = lots.get(said.lot) else {
        return Err(so_far.naming.unknown(said.lot, lots, lot_field.to_owned()));
    };
    if lots.aliases.is_alias(said.lot) {
        let message = format!(
            "{} is itself another name of lot {}; name that lot",
            said.lot,
            lots.aliases.meant(said.lot)
        );
        return Err(Problem::new(ErrorCode::LotIsAlias, lot_field, message));
    }
    if so_far.recorded_under > RENAMED_OPERATIONS_MAX {
        let message = format!(
            "more than {RENAMED_OPERATIONS_MAX} operations were recorded under these names, which is the most that one event may move"
        );
        return Err(Problem::new(ErrorCode::AliasTooWide, names_field, message));
    }
    for (n, name) in said.names.iter().enumerate() {
        let refuse = |code, message: String| Err(Problem::new(code, format!("{names_field}[{n}]"), message));
        if name == said.lot {
            return refuse(ErrorCode::SelfReference, format!("{name} cannot be another name of itself"));
        }
        let Some(named) = lots.get(name) else { continue };
        if let Some(alias) = &named.alias_of {
            let message = format!(
                "{name} is another name of lot {} already, by event {}; void that event first",
                lots.aliases.meant(name),
                alias.by
            );
            return refuse(ErrorCode::LotIsAlias, message);
        }
        let stated = |lot: &Lot| lot.material.clone().filter(|_| lot.material_claims > 0);
        if let (Some(one), Some(other)) = (stated(lot), stated(named))
            && one != other
        {
            let message = format!(
                "lot {} is of material {one} and {name} of {other}, so they are two lots; correct the names, or void the event that \
                 said the wrong material",
                lot.id
            );
            return refuse(ErrorCode::LotMaterialConflict, message);
        }
        if !sums_fit(lot, named) {
            let message =
                format!("the sums of the quantities of {name} and {} would exceed exact decimals", lot.id);
            return refuse(ErrorCode::QuantityTooLarge, message);
        }
    }
    Ok(())
}

/// Makes names mean a lot.
fn unite(said: SameLot<'_>, by: &EventId, so_far: &mut Projection<'_>) {
    let mut moved = BTreeSet::new();
    for name in said.names {
        let lots = &mut so_far.lots;
        // An older rule may have let the event say what cannot be.
        if lots.aliases.is_alias(name) || lots.aliases.meant(said.lot) == name {
            continue;
        }
        moved.extend(lots.aliases.under(name));
        let meant = lots.aliases.meant(said.lot).clone();
        let lent = lend(name, &meant, so_far);
        let lots = &mut so_far.lots;
        let mut names = lots.change(name).aliases.clone();
        names.insert(name.clone(), by.clone());
        lots.change(name).alias_of = Some(AliasOf { lot: said.lot.clone(), by: by.clone(), lent });
        lots.aliases.insert(name.clone(), said.lot.clone());
        for lot in lots.aliases.chain(name) {
            lots.change(&lot).aliases.extend(names.clone());
        }
        so_far.holds.hand_over(name, &meant, &mut so_far.lots);
    }
    restate(&moved, by, so_far);
}

/// Gives a lot what it has none of and its further name has.
fn lend(name: &LotId, meant: &LotId, so_far: &mut Projection<'_>) -> Lent {
    let named = so_far.lots.change(name).clone();
    let lot = so_far.lots.change(meant);
    let mut lent = Lent::default();
    if lot.material.is_none() && named.material.is_some() {
        (lot.material, lent.material) = (named.material, true);
    }
    if lot.number.is_none() && named.number.is_some() {
        (lot.number, lent.number) = (named.number, true);
    }
    if lot.supplier_lot.is_none() && named.supplier_lot.is_some() {
        (lot.supplier_lot, lent.supplier_lot) = (named.supplier_lot, true);
    }
    for (attribute, value) in named.attributes {
        if !lot.attributes.contains_key(&attribute) {
            lot.attributes.insert(attribute.clone(), value);
            lent.attributes.insert(attribute);
        }
    }
    let (quarantine, of_name) = (&mut lot.quarantine, named.quarantine);
    if quarantine.disposition.is_none() && of_name.disposition.is_some() {
        (quarantine.disposition, lent.disposition) = (of_name.disposition, true);
    }
    if !quarantine.inspection_due && of_name.inspection_due {
        (quarantine.inspection_due, lent.inspection) = (true, true);
    }
    // Leave that was given for the name holds for the lot.
    for permit in of_name.permits {
        if !quarantine.permits.contains(&permit) {
            quarantine.permits.push(permit);
        }
    }
    lent
}

/// Makes the names that a withdrawn event gave a lot lots of their own again.
pub(super) fn part(said: SameLot<'_>, withdrawn: &EventId, by: &EventId, so_far: &mut Projection<'_>) {
    let (mut moved, mut unsure) = (BTreeSet::new(), Vec::new());
    for name in said.names {
        let lots = &mut so_far.lots;
        let known = lots.get(name).and_then(|lot| lot.alias_of.clone());
        let Some(alias) = known.filter(|alias| alias.by == *withdrawn) else { continue };
        let lenders = lots.aliases.chain(name);
        let names = lots.aliases.under(name);
        lots.change(name).alias_of = None;
        lots.aliases.remove(name);
        let named = lots.change(name).clone();
        for lot in &lenders {
            let lot = so_far.lots.change(lot);
            lot.aliases.retain(|known, _| !names.contains(known));
            give_back(&alias.lent, &named, lot);
        }
        if alias.lent.material {
            unsure.extend(lenders.clone());
        }
        if let Some(meant) = lenders.last() {
            so_far.holds.take_back(name, &names, meant, &mut so_far.lots);
        }
        moved.extend(names);
    }
    restate(&moved, by, so_far);
    // Of which material the lot is only the events of the name may have told.
    for lot in unsure {
        let lot = so_far.lots.change(&lot);
        if lot.material_claims == 0 {
            lot.material = None;
        }
    }
}

/// Takes from a lot what it had taken over from a name, as far as it still is that.
fn give_back(lent: &Lent, named: &Lot, lot: &mut Lot) {
    if lent.number && lot.number == named.number {
        lot.number = None;
    }
    if lent.supplier_lot && lot.supplier_lot == named.supplier_lot {
        lot.supplier_lot = None;
    }
    lot.attributes.retain(|attribute, value| {
        !(lent.attributes.contains(attribute) && named.attributes.get(attribute) == Some(value))
    });
    let quarantine = &mut lot.quarantine;
    if lent.disposition && quarantine.disposition == named.quarantine.disposition {
        quarantine.disposition = None;
    }
    if lent.inspection {
        quarantine.inspection_due = false;
    }
}
