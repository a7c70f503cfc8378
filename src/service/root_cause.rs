//! Root cause: what the bad lots have in common that lots like them have not.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::Datelike;

use super::trace::{TraceQuestion, Tracer};
use super::{ServiceError, ServiceResult};
use crate::domain::{ErrorCode, Lot, LotId, Node, NodeRef, Text, Timestamp};
use crate::genealogy::common_cause::{
    CommonCause, Comparison, Evidence, Facts, SharedLot, common_cause, shared_lots,
};
use crate::genealogy::{Cut, Direction, Subgraph, TimeRule};
use crate::store::{Find, FindKey, LotFilter, What};

/// The most cases of one question.
pub const CASES_MAX: usize = 1_000;
/// The most controls of one question.
pub const CONTROLS_MAX: usize = 20_000;
/// The most lots looked through to find marked cases or controls.
pub const CANDIDATES_MAX: usize = 250_000;
/// Operations read at once: bounds the memory that their full records take.
const OPERATIONS_AT_ONCE: usize = 10_000;
const MICROS_PER_DAY: i64 = 86_400_000_000;

/// The lots that went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cases {
    /// These.
    Lots(Vec<LotId>),
    /// Those that carry an attribute with this value.
    Marked {
        /// Among these.
        among: LotFilter,
        /// The attribute.
        name: Text,
        /// Its value.
        value: Text,
    },
}

/// The lots to compare with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Controls {
    /// These.
    Lots(Vec<LotId>),
    /// Chosen, and no cases.
    Alike {
        /// Among these; absent: lots of the cases' materials, first produced on the days from the first case to the last.
        /// A wider period tells rare causes from what every lot of those days shares.
        among: Option<LotFilter>,
        /// At most so many for each case, of the same material and week (ISO 8601, UTC).
        per_case: Option<u32>,
    },
}

/// A root cause question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootCauseQuestion {
    /// The lots that went wrong.
    pub cases: Cases,
    /// The lots to compare with.
    pub controls: Controls,
    /// Whether a walk counts only if its moments never go back.
    pub respect_time: bool,
}

/// The answer, with the subgraph that its indices point into.
#[derive(Debug, Clone)]
pub struct RootCauseAnswer {
    /// What was read.
    pub subgraph: Subgraph,
    /// The cases, by id, as indices of lots.
    pub cases: Vec<u32>,
    /// The controls, by id.
    pub controls: Vec<u32>,
    /// The comparison.
    pub common: CommonCause,
}

/// What all of some lots have in common.
#[derive(Debug, Clone)]
pub struct SharedAnswer {
    /// What was read.
    pub subgraph: Subgraph,
    /// The lots in common.
    pub lots: Vec<SharedLot>,
}

impl RootCauseAnswer {
    /// The id of a lot of the subgraph.
    #[must_use]
    pub fn lot_id(&self, index: u32) -> &LotId {
        &self.subgraph.lots[index as usize].id
    }

    /// Whether the node limit cut what was read, so that exposures may be missing.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        is_partial(&self.subgraph)
    }

    /// Where a case meets a factor, by ids: case, lot, operation.
    #[must_use]
    pub fn ids_of(&self, evidence: Evidence) -> (&LotId, &LotId, Option<&crate::domain::EventId>) {
        let operation = evidence.operation.map(|index| &self.subgraph.operations[index as usize].id);
        (self.lot_id(evidence.case), self.lot_id(evidence.lot), operation)
    }
}

impl SharedAnswer {
    /// Whether the node limit cut what was read.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        is_partial(&self.subgraph)
    }
}

fn is_partial(subgraph: &Subgraph) -> bool {
    subgraph.cut == Some(Cut::Nodes)
}

impl Tracer {
    /// Compares what is upstream of cases and controls.
    ///
    /// # Errors
    /// `CASES_NONE`, `CONTROLS_NONE`, `CASES_AND_CONTROLS_OVERLAP`, `LOT_UNKNOWN`, `LIMIT_EXCEEDED`, and the store's.
    pub async fn root_cause(&self, question: &RootCauseQuestion) -> ServiceResult<RootCauseAnswer> {
        let cases = self.cases(&question.cases).await?;
        let controls = self.controls(&question.controls, &cases).await?;
        let seeds = cases.iter().chain(&controls).cloned().collect();
        let rule = TimeRule { respect_time: question.respect_time, ..TimeRule::default() };
        let subgraph = self.closure(&plain(seeds, Direction::Backward, rule)).await?;
        let facts = self.facts(&subgraph).await?;
        let compute = move || {
            let index: HashMap<&LotId, u32> =
                subgraph.seeds().map(|n| (&subgraph.lots[n as usize].id, n)).collect();
            let indices = |ids: &BTreeSet<LotId>| ids.iter().map(|id| index[id]).collect::<Vec<u32>>();
            let (cases, controls) = (indices(&cases), indices(&controls));
            drop(index);
            let comparison = Comparison { cases: &cases, controls: &controls };
            let common = common_cause(&subgraph, facts, comparison, rule);
            RootCauseAnswer { subgraph, cases, controls, common }
        };
        apart(compute).await
    }

    /// The lots upstream (BACKWARD) or downstream (FORWARD) of every one of these.
    ///
    /// # Errors
    /// As [`Tracer::trace`].
    pub async fn shared(&self, lots: Vec<LotId>, direction: Direction) -> ServiceResult<SharedAnswer> {
        if lots.is_empty() {
            let message = "lots is empty; name the lots whose common ones are asked for";
            return Err(ServiceError::new(ErrorCode::ArgumentInvalid, message));
        }
        let subgraph = self.closure(&plain(lots, direction, TimeRule::default())).await?;
        apart(move || {
            let lots = shared_lots(&subgraph, TimeRule::default());
            SharedAnswer { subgraph, lots }
        })
        .await
    }

    async fn cases(&self, cases: &Cases) -> ServiceResult<BTreeSet<LotId>> {
        let cases: BTreeSet<LotId> = match cases {
            Cases::Lots(lots) => lots.iter().cloned().collect(),
            Cases::Marked { among, name, value } => {
                let lots = self.candidates(among.clone()).await?;
                lots.into_iter()
                    .filter(|lot| lot.attributes.get(name) == Some(value))
                    .map(|lot| lot.id)
                    .collect()
            }
        };
        if cases.is_empty() {
            return Err(ServiceError::new(
                ErrorCode::CasesNone,
                "there are no cases; name lots that went wrong",
            ));
        }
        within("cases", cases.len(), CASES_MAX)?;
        Ok(cases)
    }

    async fn controls(&self, controls: &Controls, cases: &BTreeSet<LotId>) -> ServiceResult<BTreeSet<LotId>> {
        let controls = match controls {
            Controls::Lots(lots) => {
                let controls: BTreeSet<LotId> = lots.iter().cloned().collect();
                check_given(&controls, cases)?;
                controls
            }
            Controls::Alike { among, per_case } => {
                self.choose_controls(cases, among.as_ref(), *per_case).await?
            }
        };
        within("controls", controls.len(), CONTROLS_MAX)?;
        Ok(controls)
    }

    /// Lots like the cases. None at all is no error: the answer says so.
    async fn choose_controls(
        &self,
        cases: &BTreeSet<LotId>,
        among: Option<&LotFilter>,
        per_case: Option<u32>,
    ) -> ServiceResult<BTreeSet<LotId>> {
        let ids: Vec<LotId> = cases.iter().cloned().collect();
        let known = self.lots(ids.clone()).await?;
        let unknown: Vec<&str> = ids
            .iter()
            .zip(&known)
            .filter(|(_, lot)| lot.is_none())
            .map(|(id, _)| id.as_str())
            .take(10)
            .collect();
        if !unknown.is_empty() {
            let message = format!("no lot with the id {}; check it with resolve(code)", unknown.join(", "));
            return Err(ServiceError::new(ErrorCode::LotUnknown, message));
        }
        let known: Vec<Lot> = known.into_iter().flatten().collect();
        let Some(filter) = among.cloned().or_else(|| alike(&known)) else { return Ok(BTreeSet::new()) };
        let mut pool = self.candidates(filter).await?;
        pool.retain(|lot| !cases.contains(&lot.id));
        Ok(match per_case {
            None => pool.into_iter().map(|lot| lot.id).collect(),
            Some(per_case) => match_weeks(&known, &pool, per_case as usize),
        })
    }

    /// All lots that a filter lets through, if they are not too many.
    async fn candidates(&self, filter: LotFilter) -> ServiceResult<Vec<Lot>> {
        let mut lots: Vec<Lot> = Vec::new();
        let mut after = None;
        loop {
            let what = What::Lots(filter.clone());
            let first = self.store().limits().page_max;
            let page = self.store().find(&Find { what, after, first }).await?;
            lots.extend(page.items.into_iter().filter_map(|node| match node {
                Node::Lot(lot) => Some(*lot),
                Node::Operation(_) | Node::Master(_) | Node::Record(_) => None,
            }));
            within("candidates", lots.len(), CANDIDATES_MAX)?;
            let Some(last) = lots.last().filter(|_| page.more) else { return Ok(lots) };
            let id = Text::parse(last.id.as_str())
                .map_err(|error| ServiceError::new(error.code(), format!("lot {} {error}", last.id)))?;
            after = Some(FindKey::Id(id));
        }
    }

    /// Reads the operations of a subgraph, a part at a time.
    async fn facts(&self, subgraph: &Subgraph) -> ServiceResult<Facts> {
        let mut facts = Facts::new(subgraph);
        let mut index = 0;
        for part in subgraph.operations.chunks(OPERATIONS_AT_ONCE) {
            let refs: Vec<NodeRef> =
                part.iter().map(|operation| NodeRef::Operation(operation.id.clone())).collect();
            for (node, reference) in self.store().get(&refs).await?.into_iter().zip(&refs) {
                let Some(Node::Operation(recorded)) = node else {
                    let message = format!("the store has links of {reference:?}, but not the operation");
                    return Err(ServiceError::new(ErrorCode::StoreCorrupt, message));
                };
                facts.tell(index, &recorded.operation);
                index += 1;
            }
        }
        Ok(facts)
    }
}

/// Runs a long computation beside the threads that serve others.
async fn apart<T: Send + 'static>(compute: impl FnOnce() -> T + Send + 'static) -> ServiceResult<T> {
    let failed = |error: tokio::task::JoinError| ServiceError::new(ErrorCode::Internal, error.to_string());
    tokio::task::spawn_blocking(compute).await.map_err(failed)
}

/// A trace question over everything; a cache is not asked, as so many starts are hardly asked for twice.
fn plain(lots: Vec<LotId>, direction: Direction, rule: TimeRule) -> TraceQuestion {
    TraceQuestion { lots, direction, max_depth: None, rule, skip_cache: true, at: None }
}

fn within(what: &str, count: usize, max: usize) -> ServiceResult<()> {
    if count <= max {
        return Ok(());
    }
    let message =
        format!("there are more than {max} {what}; name fewer, or narrow their materials and period");
    Err(ServiceError::new(ErrorCode::LimitExceeded, message))
}

fn check_given(controls: &BTreeSet<LotId>, cases: &BTreeSet<LotId>) -> ServiceResult<()> {
    if controls.is_empty() {
        let message =
            "there are no controls; name lots that went well, or leave controls out to have them chosen";
        return Err(ServiceError::new(ErrorCode::ControlsNone, message));
    }
    let both: Vec<&str> = controls.intersection(cases).map(LotId::as_str).take(10).collect();
    if both.is_empty() {
        return Ok(());
    }
    let message = format!("{} cannot be a case and a control; name it in one of the two", both.join(", "));
    Err(ServiceError::new(ErrorCode::CasesAndControlsOverlap, message))
}

/// Lots of the cases' materials, first produced on the days (UTC) from the first case to the last; `None` when no case
/// has a material and a moment of production on record.
fn alike(cases: &[Lot]) -> Option<LotFilter> {
    let materials: BTreeSet<_> = cases.iter().filter_map(|lot| lot.material.clone()).collect();
    if materials.is_empty() {
        return None;
    }
    let produced = || cases.iter().filter_map(|lot| lot.earliest_production).map(Timestamp::micros);
    let first = produced().min()?.div_euclid(MICROS_PER_DAY) * MICROS_PER_DAY;
    let end = (produced().max()?.div_euclid(MICROS_PER_DAY) + 1) * MICROS_PER_DAY;
    Some(LotFilter {
        materials: Some(materials.into_iter().collect()),
        produced_from: Timestamp::from_micros(first).ok(),
        produced_before: Timestamp::from_micros(end).ok(),
        ..LotFilter::default()
    })
}

/// Material and ISO week of a lot.
fn stratum(lot: &Lot) -> Option<(String, i32, u32)> {
    let week = lot.earliest_production?.to_utc().iso_week();
    Some((lot.material.as_ref()?.to_string(), week.year(), week.week()))
}

/// For each material and week, `per_case` controls for each case in it, in the order of a hash of their ids: as good as
/// random, and the same whenever asked.
fn match_weeks(cases: &[Lot], pool: &[Lot], per_case: usize) -> BTreeSet<LotId> {
    let mut wanted: BTreeMap<_, usize> = BTreeMap::new();
    for case in cases.iter().filter_map(stratum) {
        *wanted.entry(case).or_default() += per_case;
    }
    let mut strata: BTreeMap<_, Vec<(u64, &LotId)>> = BTreeMap::new();
    for lot in pool {
        let hash = xxhash_rust::xxh3::xxh3_64(lot.id.as_str().as_bytes());
        strata.entry(stratum(lot)).or_default().push((hash, &lot.id));
    }
    let mut chosen = BTreeSet::new();
    for (stratum, count) in wanted {
        let mut lots = strata.remove(&Some(stratum)).unwrap_or_default();
        lots.sort_unstable();
        chosen.extend(lots.into_iter().take(count).map(|(_, id)| id.clone()));
    }
    chosen
}
