//! Traces lots: reads the closure, applies the time rule, filters and counts what is shown.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::lookup::{Lookup, Reading};
use super::{ServiceError, ServiceResult};
use futures::future::BoxFuture;
use lotgraph_domain::{Caller, ErrorCode, LotId, MaterialCode, Timestamp};
use lotgraph_genealogy::{
    self as genealogy, Direction, Paths, Revision, Subgraph, TimeRule, Trace, TracedNode, shortest_paths,
};
use lotgraph_store::{Closure, LotFilter};

/// The most paths that one question may ask for.
pub const PATHS_MAX: usize = 100;

/// A trace question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceQuestion {
    /// The lots to start from.
    pub lots: Vec<LotId>,
    /// Which way to walk.
    pub direction: Direction,
    /// At most this many operations from the nearest seed.
    pub max_depth: Option<u32>,
    /// Which walks count.
    pub rule: TimeRule,
    /// Do not take the answer from a cache.
    pub skip_cache: bool,
    /// The answer at this revision, for a further page.
    pub at: Option<Revision>,
}

/// A trace with the subgraph that its indices point into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceAnswer {
    /// The question.
    pub question: TraceQuestion,
    /// What was read.
    pub subgraph: Subgraph,
    /// What it comes to.
    pub trace: Trace,
}

impl TraceAnswer {
    /// The greatest depth of a lot reached; 0 when none is.
    #[must_use]
    pub fn max_depth(&self) -> u32 {
        self.trace.lots.last().map_or(0, |node| node.depth)
    }

    /// The id of a lot of the subgraph.
    #[must_use]
    pub fn lot_id(&self, index: u32) -> &LotId {
        &self.subgraph.lots[index as usize].id
    }
}

/// What a facet counts by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FacetField {
    /// Lots by material.
    Material,
    /// Lots by the class of their material.
    MaterialClass,
    /// Lots by depth.
    Depth,
    /// Lots by origin known or not.
    Origin,
    /// Operations by kind.
    OperationKind,
    /// Shipments reached, by customer.
    Customer,
    /// Receipts reached, by supplier.
    Supplier,
}

/// How many members of an answer share a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacetValue {
    /// The value; `None` for members without one.
    pub value: Option<String>,
    /// How many.
    pub count: u64,
}

/// Bounds of one trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceLimits {
    /// Lots and operations a trace may read.
    pub nodes_max: u32,
    /// How long it may take.
    pub deadline: Duration,
}

impl Default for TraceLimits {
    fn default() -> Self {
        Self { nodes_max: 500_000, deadline: Duration::from_secs(20) }
    }
}

/// Answers trace questions over any store.
#[derive(Clone)]
pub struct Tracer {
    lookup: Lookup,
    limits: TraceLimits,
}

impl Tracer {
    /// Traces over a store within these limits.
    #[must_use]
    pub fn new(lookup: Lookup, limits: TraceLimits) -> Self {
        Self { lookup, limits }
    }

    /// Answers a question.
    ///
    /// # Errors
    /// `LOT_UNKNOWN` when a seed does not exist, `ARGUMENT_INVALID` for contradictory arguments, and the store's.
    pub fn trace<'a>(
        &'a self,
        caller: &'a Caller,
        question: TraceQuestion,
    ) -> BoxFuture<'a, ServiceResult<Arc<TraceAnswer>>> {
        Box::pin(async move { self.trace_since(caller, question, &BTreeMap::new()).await })
    }

    /// Answers a question whose lots became of interest one by one: those named in `since` at a moment of their own,
    /// the others as the question's rule says.
    ///
    /// # Errors
    /// As [`Tracer::trace`].
    pub fn trace_since<'a>(
        &'a self,
        caller: &'a Caller,
        question: TraceQuestion,
        since: &'a BTreeMap<LotId, Timestamp>,
    ) -> BoxFuture<'a, ServiceResult<Arc<TraceAnswer>>> {
        Box::pin(async move {
            check(&question)?;
            let (subgraph, names) = self.read(self.lookup.by(caller), &question).await?;
            let since = by_lot_meant(since, &names);
            let trace = genealogy::trace_since(&subgraph, question.rule, &since);
            Ok(Arc::new(TraceAnswer { question, subgraph, trace }))
        })
    }

    /// What it reads from.
    pub(super) fn lookup(&self) -> &Lookup {
        &self.lookup
    }

    /// Lots and operations one read may bring.
    pub(super) fn nodes_max(&self) -> u32 {
        self.limits.nodes_max.min(self.lookup.limits().nodes_max)
    }

    /// How long one read may take.
    pub(super) fn deadline(&self) -> Duration {
        self.limits.deadline
    }

    pub(super) async fn closure(
        &self,
        reading: Reading<'_>,
        question: &TraceQuestion,
    ) -> ServiceResult<Subgraph> {
        Ok(self.read(reading, question).await?.0)
    }

    /// The closure of a question, and what those of its lots mean that are only further names. Names are looked up only when
    /// the store does not know them as lots, so that nobody else waits for it.
    async fn read(
        &self,
        reading: Reading<'_>,
        question: &TraceQuestion,
    ) -> ServiceResult<(Subgraph, BTreeMap<LotId, LotId>)> {
        let subgraph = self.read_structure(reading, question, question.lots.clone()).await?;
        if subgraph.unknown_seeds.is_empty() {
            return Ok((subgraph, BTreeMap::new()));
        }
        let meant = reading.meant(&subgraph.unknown_seeds).await?;
        let names: BTreeMap<LotId, LotId> = subgraph.unknown_seeds.iter().cloned().zip(meant).collect();
        let unknown: Vec<LotId> =
            names.iter().filter(|(name, meant)| name == meant).map(|(name, _)| name.clone()).collect();
        if !unknown.is_empty() {
            return Err(reading.unknown_lots(&unknown).await?);
        }
        let mut seen = BTreeSet::new();
        let lots = question.lots.iter().map(|lot| names.get(lot).unwrap_or(lot));
        let lots = lots.filter(|lot| seen.insert(*lot)).cloned().collect();
        let subgraph = self.read_structure(reading, question, lots).await?;
        if subgraph.unknown_seeds.is_empty() {
            return Ok((subgraph, names));
        }
        Err(reading.unknown_lots(&subgraph.unknown_seeds).await?)
    }

    async fn read_structure(
        &self,
        reading: Reading<'_>,
        question: &TraceQuestion,
        seeds: Vec<LotId>,
    ) -> ServiceResult<Subgraph> {
        let closure = Closure {
            seeds,
            direction: question.direction,
            max_depth: question.max_depth,
            nodes_max: self.nodes_max(),
            deadline: self.deadline(),
            skip_cache: question.skip_cache,
            at: question.at,
        };
        Ok(reading.closure(&closure).await?)
    }

    /// Why a lot is affected by a seed: the shortest counted walks between them.
    ///
    /// # Errors
    /// As [`Tracer::trace`]; also when the lot does not exist or too many paths are asked for.
    pub fn why_affected<'a>(
        &'a self,
        caller: &'a Caller,
        seed: &'a LotId,
        lot: &'a LotId,
        direction: Direction,
        paths: usize,
    ) -> BoxFuture<'a, ServiceResult<(Subgraph, Paths)>> {
        Box::pin(async move {
            if paths == 0 || paths > PATHS_MAX {
                let message = format!("paths must be 1 to {PATHS_MAX}, not {paths}");
                return Err(ServiceError::new(ErrorCode::ArgumentInvalid, message));
            }
            let question = TraceQuestion {
                lots: vec![seed.clone()],
                direction,
                max_depth: None,
                rule: TimeRule::default(),
                skip_cache: false,
                at: None,
            };
            let reading = self.lookup.by(caller);
            let subgraph = self.closure(reading, &question).await?;
            let mut found = shortest_paths(&subgraph, question.rule, lot, paths);
            if found.paths.is_empty() {
                let known = reading.known_lots(vec![lot.clone()]).await?;
                if let Some(meant) = known.first().filter(|known| known.id != *lot) {
                    found = shortest_paths(&subgraph, question.rule, &meant.id, paths);
                }
            }
            Ok((subgraph, found))
        })
    }

    /// The reached lots that a filter lets show, in their order. The walk is not affected
    /// (docs/TRACE_RULES.md, rule 5).
    ///
    /// # Errors
    /// The store's.
    pub fn select<'a>(
        &'a self,
        caller: &'a Caller,
        answer: &'a TraceAnswer,
        filter: Option<&'a LotFilter>,
    ) -> BoxFuture<'a, ServiceResult<Vec<TracedNode>>> {
        Box::pin(async move {
            let Some(filter) = filter.filter(|filter| **filter != LotFilter::default()) else {
                return Ok(answer.trace.lots.clone());
            };
            let ids = answer.trace.lots.iter().map(|node| answer.lot_id(node.index).clone());
            let passes = self.lookup.by(caller).pass(filter, ids.collect()).await?;
            let pairs = answer.trace.lots.iter().zip(passes);
            Ok(pairs.filter(|(_, passes)| *passes).map(|(node, _)| *node).collect())
        })
    }

    /// Counts an answer by a field: lots among those shown, operations among all reached. Most frequent first, then
    /// by value.
    ///
    /// # Errors
    /// The store's.
    pub async fn facet(
        &self,
        caller: &Caller,
        answer: &TraceAnswer,
        shown: &[TracedNode],
        field: FacetField,
    ) -> ServiceResult<Vec<FacetValue>> {
        let lots = shown.iter().map(|node| (node, &answer.subgraph.lots[node.index as usize]));
        let operations =
            answer.trace.operations.iter().map(|node| &answer.subgraph.operations[node.index as usize]);
        let parties = |kind| {
            operations
                .clone()
                .filter(move |operation| operation.kind == kind)
                .map(|operation| operation.party.as_ref().map(ToString::to_string))
        };
        use lotgraph_domain::OperationKind::{Receive, Ship};
        Ok(match field {
            FacetField::Material => {
                count(lots.map(|(_, lot)| lot.material.as_ref().map(ToString::to_string)))
            }
            FacetField::MaterialClass => {
                let classes = self
                    .lookup
                    .by(caller)
                    .classes(lots.clone().filter_map(|(_, l)| l.material.clone()))
                    .await?;
                let class = |code: &MaterialCode| classes.get(code).map(|c| c.name().to_owned());
                count(lots.map(|(_, lot)| lot.material.as_ref().and_then(class)))
            }
            FacetField::Depth => count(lots.map(|(node, _)| Some(node.depth.to_string()))),
            FacetField::Origin => count(lots.map(|(_, lot)| {
                let known = lot.earliest_production.is_some();
                Some(if known { "KNOWN" } else { "UNKNOWN" }.to_owned())
            })),
            FacetField::OperationKind => {
                count(operations.clone().map(|operation| Some(operation.kind.name().to_owned())))
            }
            FacetField::Customer => count(parties(Ship)),
            FacetField::Supplier => count(parties(Receive)),
        })
    }
}

/// Since when lots are of interest, when some of them were named by further names. Of two moments of one lot the earlier counts;
/// a lot that is also named without one is of interest from the first.
fn by_lot_meant<'s>(
    since: &'s BTreeMap<LotId, Timestamp>,
    names: &BTreeMap<LotId, LotId>,
) -> Cow<'s, BTreeMap<LotId, Timestamp>> {
    if names.is_empty() {
        return Cow::Borrowed(since);
    }
    let mut by_lot: BTreeMap<LotId, Timestamp> = BTreeMap::new();
    for (name, at) in since {
        let known = by_lot.entry(names.get(name).unwrap_or(name).clone()).or_insert(*at);
        *known = (*known).min(*at);
    }
    for (name, meant) in names {
        if !since.contains_key(name) {
            by_lot.remove(meant);
        }
    }
    Cow::Owned(by_lot)
}

fn count(values: impl Iterator<Item = Option<String>>) -> Vec<FacetValue> {
    let mut counts: BTreeMap<Option<String>, u64> = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    let mut facet: Vec<FacetValue> =
        counts.into_iter().map(|(value, count)| FacetValue { value, count }).collect();
    // Stable: equal counts stay ordered by value.
    facet.sort_by_key(|value| std::cmp::Reverse(value.count));
    facet
}

fn check(question: &TraceQuestion) -> ServiceResult<()> {
    let refuse = |message: &str| Err(ServiceError::new(ErrorCode::ArgumentInvalid, message));
    if question.lots.is_empty() {
        return refuse("lots is empty; name at least one lot to start from");
    }
    match (question.direction, question.rule.since, question.rule.until) {
        (Direction::Forward, _, Some(_)) => {
            refuse("until bounds a BACKWARD trace; a FORWARD trace takes since")
        }
        (Direction::Backward, Some(_), _) => {
            refuse("since bounds a FORWARD trace; a BACKWARD trace takes until")
        }
        _ => Ok(()),
    }
}
