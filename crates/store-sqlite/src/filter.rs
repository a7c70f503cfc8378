//! Turns filters into the parameters of statements.

use std::collections::BTreeSet;

use super::error::{Fallible, Fault};
use super::readers::Snapshot;
use super::statements::{LIST_MATERIALS_OF_CLASS, LOAD_MASTER_KEY};
use lotgraph_domain::{
    EquipmentCode, LotStatus, MasterRef, MaterialClass, OperationKind, Origin, RecordPlace, RecordState,
};
use lotgraph_store::{LotFilter, MasterFilter, OperationFilter, RecordFilter};

/// A list as a JSON array, which the statement reads with `json_each`.
fn array<T: serde::Serialize>(items: &[T]) -> Fallible<String> {
    serde_json::to_string(items).map_err(|error| Fault::damaged(format!("a filter: {error}")))
}

/// The parameters of the statements that filter lots.
pub(super) struct LotParameters {
    pub(super) origins: Option<String>,
    pub(super) statuses: Option<String>,
    /// The statuses to look up in the index of statuses. It is `None` when AVAILABLE is among them, because
    /// available lots are not in that index.
    pub(super) marked: Option<Vec<&'static str>>,
    pub(super) hold: Option<String>,
    pub(super) text: Option<String>,
    pub(super) produced_from: Option<i64>,
    pub(super) produced_before: Option<i64>,
    /// The keys of the materials allowed, each once. With `None` every lot is allowed, also one without a
    /// material.
    pub(super) materials: Option<Vec<i64>>,
}

impl LotParameters {
    /// Looks up what the filter names. A material that does not exist is left out; no lot can be of it.
    pub(super) fn new(snapshot: &Snapshot<'_>, filter: &LotFilter) -> Fallible<Self> {
        let origins: Option<Vec<&str>> =
            filter.origins.as_ref().map(|origins| origins.iter().copied().map(Origin::name).collect());
        let statuses: Option<BTreeSet<&'static str>> = filter
            .statuses_possible()
            .map(|statuses| statuses.iter().copied().map(LotStatus::name).collect());
        let statuses: Option<Vec<&'static str>> = statuses.map(|names| names.into_iter().collect());
        Ok(Self {
            origins: origins.map(|origins| array(&origins)).transpose()?,
            statuses: statuses.as_ref().map(|statuses| array(statuses)).transpose()?,
            marked: statuses.filter(|statuses| !statuses.contains(&LotStatus::Available.name())),
            hold: filter.hold.as_ref().map(|hold| hold.as_str().to_owned()),
            text: filter.text.as_ref().map(|text| text.as_str().to_lowercase()),
            produced_from: filter.produced_from.map(|at| at.micros()),
            produced_before: filter.produced_before.map(|at| at.micros()),
            materials: materials(snapshot, filter)?,
        })
    }

    /// Whether every lot passes the filter.
    pub(super) fn passes_all(&self) -> bool {
        self.origins.is_none()
            && self.statuses.is_none()
            && self.text.is_none()
            && self.produced_from.is_none()
            && self.produced_before.is_none()
            && self.materials.is_none()
    }

    /// The materials as a JSON array, which the statement reads with `json_each`.
    pub(super) fn materials_array(&self) -> Fallible<Option<String>> {
        self.materials.as_ref().map(|keys| array(keys)).transpose()
    }
}

fn materials(snapshot: &Snapshot<'_>, filter: &LotFilter) -> Fallible<Option<Vec<i64>>> {
    let named = match &filter.materials {
        None => None,
        Some(codes) => {
            let references = codes.iter().cloned().map(MasterRef::Material);
            let mut keys = master_keys(snapshot, references)?.into_iter().flatten().collect::<Vec<i64>>();
            keys.sort_unstable();
            keys.dedup();
            Some(keys)
        }
    };
    let of_class = match &filter.classes {
        None => None,
        Some(classes) => Some(of_classes(snapshot, classes)?),
    };
    Ok(match (named, of_class) {
        (Some(mut named), Some(of_class)) => {
            named.retain(|key| of_class.contains(key));
            Some(named)
        }
        (named, of_class) => named.or(of_class),
    })
}

fn of_classes(snapshot: &Snapshot<'_>, classes: &[MaterialClass]) -> Fallible<Vec<i64>> {
    let names: Vec<&str> = classes.iter().copied().map(MaterialClass::name).collect();
    let mut statement = snapshot.statement(LIST_MATERIALS_OF_CLASS)?;
    let keys = statement.query_map([array(&names)?], |row| row.get(0))?;
    Ok(keys.collect::<rusqlite::Result<Vec<i64>>>()?)
}

fn master_keys(
    snapshot: &Snapshot<'_>,
    references: impl Iterator<Item = MasterRef>,
) -> Fallible<Vec<Option<i64>>> {
    let mut statement = snapshot.statement(LOAD_MASTER_KEY)?;
    references
        .map(|reference| {
            let mut rows = statement.query([reference.kind().name(), reference.code()])?;
            Ok(rows.next()?.map(|row| row.get(0)).transpose()?)
        })
        .collect()
}

/// The keys of those pieces of equipment that exist.
fn keys_of(snapshot: &Snapshot<'_>, pieces: &[EquipmentCode]) -> Fallible<Vec<i64>> {
    let references = pieces.iter().cloned().map(MasterRef::Equipment);
    Ok(master_keys(snapshot, references)?.into_iter().flatten().collect())
}

/// The parameters of the statements that filter operations.
pub(super) struct OperationParameters {
    pub(super) kinds: Option<String>,
    pub(super) name: Option<String>,
    pub(super) voided: Option<bool>,
    /// Only what ended at this moment or later, in microseconds.
    pub(super) from: i64,
    /// Only what ended before this moment, in microseconds.
    pub(super) before: i64,
    /// Only what started before this moment, in microseconds.
    pub(super) started_before: Option<i64>,
    /// The keys of several pieces of equipment as a JSON array. An operation must have used one of them.
    pub(super) equipment: Option<String>,
    /// The keys of the single piece of equipment, the operator, the shift and the party that are asked for.
    /// Each of them may be `None`.
    pub(super) resources: Vec<Option<i64>>,
}

impl OperationParameters {
    /// Looks up what the filter names. Returns `None` when some of that does not exist, since then no
    /// operation can pass.
    pub(super) fn new(snapshot: &Snapshot<'_>, filter: &OperationFilter) -> Fallible<Option<Self>> {
        let kinds: Option<Vec<&str>> =
            filter.kinds.as_ref().map(|kinds| kinds.iter().copied().map(OperationKind::name).collect());
        let pieces = filter.equipment.as_deref();
        // The operations of one piece of equipment are a range of an index. Of several pieces, operations
        // would be found more than once, so there each operation is checked instead.
        let (single, several) = match pieces {
            Some([piece]) => (Some(piece), None),
            several => (None, several),
        };
        let equipment = several.map(|pieces| keys_of(snapshot, pieces)).transpose()?;
        if equipment.as_ref().is_some_and(Vec::is_empty) {
            return Ok(None);
        }
        let named = [
            single.cloned().map(MasterRef::Equipment),
            filter.operator.clone().map(MasterRef::Operator),
            filter.shift.clone().map(MasterRef::Shift),
            filter.party.clone().map(MasterRef::Party),
        ];
        let mut resources = master_keys(snapshot, named.into_iter().flatten())?;
        if resources.iter().any(Option::is_none) {
            return Ok(None);
        }
        if !resources.is_empty() {
            resources.resize(4, None);
        }
        Ok(Some(Self {
            kinds: kinds.map(|kinds| array(&kinds)).transpose()?,
            name: filter.name.as_ref().map(|name| name.as_str().to_owned()),
            voided: filter.voided,
            from: filter.from.map_or(i64::MIN, |at| at.micros()),
            before: filter.before.map_or(i64::MAX, |at| at.micros()),
            started_before: filter.started_before.map(|at| at.micros()),
            equipment: equipment.map(|keys| array(&keys)).transpose()?,
            resources,
        }))
    }
}

/// The parameters of the statements that filter master data.
pub(super) struct MasterParameters<'a> {
    pub(super) text: Option<String>,
    pub(super) declared: Option<bool>,
    pub(super) class: Option<&'static str>,
    pub(super) parent: Option<&'a str>,
    pub(super) role: Option<&'static str>,
}

impl<'a> MasterParameters<'a> {
    /// Turns the filter into parameters.
    pub(super) fn new(filter: &'a MasterFilter) -> Self {
        Self {
            text: filter.text.as_ref().map(|text| text.as_str().to_lowercase()),
            declared: filter.declared,
            class: filter.class.map(MaterialClass::name),
            parent: filter.parent.as_ref().map(AsRef::as_ref),
            role: filter.role.map(lotgraph_domain::PartyRole::name),
        }
    }
}

/// The parameters of the statements that filter records.
pub(super) struct RecordParameters {
    /// The revision of the position behind which the page begins; its place follows.
    pub(super) revision: i64,
    pub(super) place: u32,
    /// The last revision that records may be of.
    pub(super) until: i64,
    pub(super) categories: Option<String>,
    /// The states allowed, each once.
    pub(super) states: Option<Vec<&'static str>>,
}

impl RecordParameters {
    /// Turns the filter into parameters. The page begins behind the position `after`.
    pub(super) fn new(filter: &RecordFilter, after: Option<RecordPlace>) -> Fallible<Self> {
        let (from, until) = filter.span(after);
        let states: Option<BTreeSet<&'static str>> =
            filter.states.as_ref().map(|states| states.iter().copied().map(RecordState::name).collect());
        Ok(Self {
            revision: from.revision.0.cast_signed(),
            place: from.place,
            until: until.0.cast_signed(),
            categories: filter.categories.as_ref().map(|categories| array(categories)).transpose()?,
            states: states.map(|states| states.into_iter().collect()),
        })
    }

    /// The states as a JSON array, which the statement reads with `json_each`.
    pub(super) fn states_array(&self) -> Fallible<Option<String>> {
        self.states.as_ref().map(|states| array(states)).transpose()
    }
}
