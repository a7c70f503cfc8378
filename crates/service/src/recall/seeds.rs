//! Finds the lots that a recall starts from: those named, and those that a cause touched.

use std::collections::{BTreeSet, HashMap};

use crate::known_names::check_cause;
use crate::lookup::Reading;
use crate::{ServiceError, ServiceResult};
use lotgraph_domain::recall::{CAUSES_MAX, Cause, RecallScope};
use lotgraph_domain::{
    Equipment, EquipmentCode, ErrorCode, Lot, LotId, Master, MasterKind, MaterialCode, Node, OperationKind,
    RecordedOperation, Text,
};
use lotgraph_genealogy::scope::{Seed, Seeds, Touch, parts_of, touches};
use lotgraph_store::{Find, FindKey, MasterFilter, OperationFilter, What};

/// The most lots that one recall starts from.
pub const SEEDS_MAX: usize = 10_000;
/// The most operations looked through to find those that the causes of one scope select.
pub const OPERATIONS_MAX: usize = 250_000;
/// Operations read at once: bounds the memory that their full records take.
const OPERATIONS_AT_ONCE: u32 = 5_000;

/// The seeds of a scope, and what could not be judged.
#[derive(Debug, Clone, Default)]
pub(super) struct FoundSeeds {
    pub(super) seeds: Vec<Seed>,
    /// Parameters of the name asked for whose values are not numbers.
    pub(super) unread_parameters: u32,
}

/// What becomes of a cause that names something unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UnknownNames {
    /// It is refused: somebody asks who can correct it.
    Refused,
    /// It selects nothing: it was recorded like that.
    Empty,
}

/// A touch with what caused it.
struct Caused {
    touch: Touch,
    cause: u32,
    operation: lotgraph_domain::EventId,
}

/// Finds the seeds of a scope.
///
/// # Errors
/// What is wrong with the scope, `NAME_UNKNOWN` when a cause names something unknown, `RECALL_NOTHING` when it selects no
/// lot, `LIMIT_EXCEEDED` when it selects too much, and the store's.
pub(super) async fn find_seeds(
    reading: Reading<'_>,
    scope: &RecallScope,
    unknown: UnknownNames,
) -> ServiceResult<FoundSeeds> {
    check(scope)?;
    let equipment = equipment(reading, scope).await?;
    let mut search = Search {
        reading,
        looked_at: 0,
        unread_parameters: 0,
        caused: Vec::new(),
        parameters: vec![BTreeSet::new(); scope.causes.len()],
    };
    for (n, cause) in scope.causes.iter().enumerate() {
        let pieces = cause.equipment.as_ref().map(|whole| parts_of(whole, &equipment));
        // Causes are at most CAUSES_MAX.
        search.look(n as u32, cause, pieces.as_ref()).await?;
    }
    let caused = of_material(reading, scope, search.caused).await?;
    let causes = scope.causes.iter().zip(&search.parameters).enumerate();
    for (n, (cause, parameters)) in causes.filter(|_| unknown == UnknownNames::Refused) {
        // What touched a lot has no unknown name in it.
        if caused.iter().all(|caused| caused.cause as usize != n) {
            check_cause(reading, n, cause, parameters).await?;
        }
    }
    let mut seeds = Seeds::default();
    for lot in &scope.lots {
        seeds.name(lot);
    }
    for Caused { touch, cause, operation } in caused {
        seeds.touch(touch.lot, cause, &operation, touch.since);
    }
    match seeds.count() {
        0 => Err(ServiceError::new(
            ErrorCode::RecallNothing,
            "no operation on record fulfils any of the causes, so there is nothing to recall; widen them",
        )),
        count if count > SEEDS_MAX => Err(too_many("lots to start from", count, SEEDS_MAX)),
        _ => Ok(FoundSeeds { seeds: seeds.finish(), unread_parameters: search.unread_parameters }),
    }
}

fn too_many(what: &str, count: usize, max: usize) -> ServiceError {
    let message = format!("the scope selects {count} {what}, at most {max} are allowed; narrow its causes");
    ServiceError::new(ErrorCode::LimitExceeded, message)
}

fn check(scope: &RecallScope) -> ServiceResult<()> {
    if scope.lots.is_empty() && scope.causes.is_empty() {
        let message = "the scope names neither a lot nor a cause; add at least one";
        return Err(ServiceError::new(ErrorCode::RecallNothing, message));
    }
    if scope.causes.len() > CAUSES_MAX {
        return Err(too_many("causes", scope.causes.len(), CAUSES_MAX));
    }
    for (n, cause) in scope.causes.iter().enumerate() {
        if let Some(problem) = cause.problems().into_iter().next() {
            let message = format!("causes[{n}]: {}", problem.message);
            return Err(ServiceError::new(problem.code, message));
        }
    }
    Ok(())
}

/// All equipment, when a cause names any: what is part of what is told by the parts.
async fn equipment(reading: Reading<'_>, scope: &RecallScope) -> ServiceResult<Vec<Equipment>> {
    let mut found = Vec::new();
    if scope.causes.iter().all(|cause| cause.equipment.is_none()) {
        return Ok(found);
    }
    let mut after = None;
    loop {
        let what = What::Masters(MasterKind::Equipment, MasterFilter::default());
        let first = reading.limits().page_max;
        let page = reading.find(&Find { what, after, first }).await?;
        let next = page.items.last().filter(|_| page.more).map(FindKey::of);
        found.extend(page.items.into_iter().filter_map(|node| match node {
            Node::Master(Master::Equipment(equipment)) => Some(equipment),
            _ => None,
        }));
        after = next;
        if after.is_none() {
            return Ok(found);
        }
    }
}

/// A search through operations.
struct Search<'a> {
    reading: Reading<'a>,
    looked_at: usize,
    unread_parameters: u32,
    caused: Vec<Caused>,
    /// For each cause with a parameter, its name, once an operation looked at has it.
    parameters: Vec<BTreeSet<Text>>,
}

impl Search<'_> {
    async fn look(
        &mut self,
        number: u32,
        cause: &Cause,
        pieces: Option<&BTreeSet<EquipmentCode>>,
    ) -> ServiceResult<()> {
        let filter = filter(cause, pieces);
        let mut after = None;
        loop {
            let what = What::Operations(filter.clone());
            let first = OPERATIONS_AT_ONCE.min(self.reading.limits().page_max);
            let page = self.reading.find(&Find { what, after, first }).await?;
            after = page.items.last().filter(|_| page.more).map(FindKey::of);
            for node in page.items {
                let Node::Operation(recorded) = node else { continue };
                self.judge(number, cause, pieces, &recorded);
                self.looked_at += 1;
            }
            if self.looked_at > OPERATIONS_MAX {
                return Err(too_many("operations to look through", self.looked_at, OPERATIONS_MAX));
            }
            if after.is_none() {
                return Ok(());
            }
        }
    }

    fn judge(
        &mut self,
        number: u32,
        cause: &Cause,
        pieces: Option<&BTreeSet<EquipmentCode>>,
        recorded: &RecordedOperation,
    ) {
        let touched = touches(cause, pieces, &recorded.operation).unwrap_or_default();
        self.caused.extend(touched.into_iter().map(|touch| Caused {
            touch,
            cause: number,
            operation: recorded.id.clone(),
        }));
        if let Some(limits) = &cause.parameter {
            let parameters = recorded.operation.parameters.iter();
            if parameters.clone().any(|parameter| parameter.name == limits.name) {
                self.parameters[number as usize].insert(limits.name.clone());
            }
            let named = parameters.filter(|parameter| parameter.name == limits.name);
            let unread = named.filter(|parameter| limits.is_outside(parameter.value.as_str()).is_none());
            self.unread_parameters += unread.count() as u32;
        }
    }
}

/// The store's filter for a cause: what an index can tell; the rest is judged by the operation itself.
fn filter(cause: &Cause, pieces: Option<&BTreeSet<EquipmentCode>>) -> OperationFilter {
    let receipts_only = cause.supplier.is_some() || cause.supplier_lot.is_some();
    let after =
        |at: lotgraph_domain::Timestamp| lotgraph_domain::Timestamp::from_micros(at.micros() + 1).ok();
    OperationFilter {
        kinds: receipts_only.then(|| vec![OperationKind::Receive]),
        name: cause.step.clone(),
        equipment: pieces.map(|pieces| pieces.iter().cloned().collect()),
        operator: cause.operator.clone(),
        shift: cause.shift.clone(),
        party: cause.supplier.clone(),
        from: cause.from,
        before: None,
        started_before: cause.until.and_then(after),
        voided: Some(false),
    }
}

/// Drops what a cause touched that is not of its material, as the lots themselves tell.
async fn of_material(
    reading: Reading<'_>,
    scope: &RecallScope,
    caused: Vec<Caused>,
) -> ServiceResult<Vec<Caused>> {
    let wanted = |caused: &Caused| scope.causes[caused.cause as usize].material.as_ref();
    let ids: BTreeSet<&LotId> =
        caused.iter().filter(|caused| wanted(caused).is_some()).map(|caused| &caused.touch.lot).collect();
    let ids: Vec<LotId> = ids.into_iter().cloned().collect();
    if ids.is_empty() {
        return Ok(caused);
    }
    let lots = reading.lots(ids).await?;
    let material = |lot: Lot| Some((lot.id, lot.material?));
    let materials: HashMap<LotId, MaterialCode> = lots.into_iter().flatten().filter_map(material).collect();
    let fits = |caused: &Caused| {
        wanted(caused).is_none_or(|wanted| materials.get(&caused.touch.lot) == Some(wanted))
    };
    Ok(caused.into_iter().filter(fits).collect())
}
