//! Answers the scope of a recall, page by page from one answer.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use futures::future::BoxFuture;
use tokio::sync::OnceCell;

use super::look_alikes::{LookAlike, look_alikes};
use super::seeds::{FoundSeeds, UnknownNames, find_seeds};
use super::seeds_meant::as_meant;
use crate::as_of::History;
use crate::at_risk::AtRisk;
use crate::kept::{Kept, Weighed};
use crate::lookup::Reading;
use crate::mass_balance::balances_of;
use crate::questions::Questions;
use crate::trace::{TraceAnswer, TraceQuestion};
use crate::{ServiceError, ServiceResult};
use lotgraph_domain::recall::{RecallRecord, RecallScope, ScopeLot};
use lotgraph_domain::{
    Caller, EquipmentCode, ErrorCode, EventId, Lot, LotId, Node, NodeRef, OperationKind, PartyCode,
    RecordedOperation, Role, Text, Timestamp,
};
use lotgraph_genealogy::scope::{AffectedLot, Facts, Reason, Scope, Seed, Whereabouts, scope};
use lotgraph_genealogy::{Direction, Revision, Subgraph, SubgraphOperation, TimeRule};
use lotgraph_store::LotFilter;

/// How often a scope is read again when the ledger moved meanwhile.
const READS_MAX: usize = 3;

/// The last operation on record that made a lot or worked on it: where in the process it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastOperation {
    /// The operation.
    pub id: EventId,
    /// What it does with lots.
    pub kind: OperationKind,
    /// The step's name.
    pub step: Option<Text>,
    /// The equipment.
    pub equipment: Vec<EquipmentCode>,
    /// When it ended.
    pub at: Timestamp,
}

/// The answer to a recall scope, with the subgraph that its indices point into.
#[derive(Debug, Clone)]
pub struct ScopeAnswer {
    /// The question.
    pub asked: RecallScope,
    /// Everything committed up to this revision is in the answer.
    pub revision: Revision,
    /// The lots it starts from, by id.
    pub seeds: Vec<Seed>,
    /// The walk from them.
    pub traced: Arc<TraceAnswer>,
    /// Where everything is.
    pub scope: Scope,
    /// For lots that are or may be on hand: where in the process.
    pub last_operations: HashMap<u32, LastOperation>,
    /// What the walk itself did not tell.
    pub facts: Facts,
    /// Lots of unknown origin beside it that may belong to it under another id.
    pub look_alikes: Vec<LookAlike>,
    /// The recall that froze it; absent: asked freely.
    pub recall: Option<EventId>,
    /// Parameters of a name asked for whose values are not numbers, so that they could not be judged.
    pub unread_parameters: u32,
    /// The quantities at risk, once somebody asked for them.
    pub(super) at_risk: Arc<OnceCell<Arc<AtRisk>>>,
}

impl ScopeAnswer {
    /// The id of an affected lot.
    #[must_use]
    pub fn lot_id(&self, lot: u32) -> &LotId {
        self.traced.lot_id(lot)
    }

    /// The id of an operation reached.
    #[must_use]
    pub fn operation_id(&self, operation: u32) -> &EventId {
        &self.traced.subgraph.operations[operation as usize].id
    }
}

impl Weighed for ScopeAnswer {
    fn nodes(&self) -> usize {
        self.traced.subgraph.lots.len() + self.traced.subgraph.operations.len()
    }
}

/// Which affected lots are shown; every given condition must hold, an absent one always does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScopeFilter {
    /// Some of the lot is in one of these places.
    pub places: Option<Vec<Whereabouts>>,
    /// Some of the lot was shipped to this customer.
    pub customer: Option<PartyCode>,
    /// What the lot itself must be.
    pub lots: LotFilter,
}

/// Answers recall scopes over any store.
#[derive(Clone)]
pub struct Recalls {
    questions: Questions,
    history: History,
    /// Recent answers, so that further pages come from the same one.
    kept: Kept<ScopeAnswer>,
}

impl Recalls {
    /// Recalls over a state of the ledger; what was frozen is asked of its history.
    #[must_use]
    pub fn new(questions: Questions, history: History) -> Self {
        Self { questions, history, kept: Kept::default() }
    }

    pub(super) fn reading<'a>(&'a self, caller: &'a Caller) -> Reading<'a> {
        self.questions.lookup.by(caller)
    }

    /// The same over the ledger as it was at a revision.
    pub(super) async fn as_of(&self, caller: &Caller, revision: Revision) -> ServiceResult<Self> {
        Ok(self.over(self.history.questions(caller, revision).await?))
    }

    /// The same over another state of the ledger.
    #[must_use]
    pub fn over(&self, questions: Questions) -> Self {
        Self { questions, ..self.clone() }
    }

    /// The scope of a recall: as it is now, or for a further page as it was at the revision of the first.
    ///
    /// # Errors
    /// What is wrong with the scope, `NAME_UNKNOWN` when a cause names something unknown, `RECALL_NOTHING` when it selects no lot, `LIMIT_EXCEEDED` when it selects too much,
    /// `LOT_UNKNOWN` for a lot that does not exist, `CURSOR_STALE` for a revision whose answer is no longer kept, and the
    /// store's.
    pub fn scope<'a>(
        &'a self,
        caller: &'a Caller,
        asked: &'a RecallScope,
        at: Option<Revision>,
    ) -> BoxFuture<'a, ServiceResult<Arc<ScopeAnswer>>> {
        self.scope_with(caller, asked, at, UnknownNames::Refused)
    }

    /// As [`Recalls::scope`], of a scope that somebody asks for now or that was recorded.
    pub(super) fn scope_with<'a>(
        &'a self,
        caller: &'a Caller,
        asked: &'a RecallScope,
        at: Option<Revision>,
        unknown: UnknownNames,
    ) -> BoxFuture<'a, ServiceResult<Arc<ScopeAnswer>>> {
        Box::pin(async move {
            let wanted = match at {
                Some(at) => at,
                None => self.reading(caller).revision().await?,
            };
            if let Some(answer) = self.kept(asked, wanted, None) {
                return Ok(answer);
            }
            let answer = Arc::new(self.read(caller, asked, unknown).await?);
            if at.is_some_and(|at| at != answer.revision) {
                let message = format!("the ledger moved on; {}", ErrorCode::CursorStale.remedy());
                return Err(ServiceError::new(ErrorCode::CursorStale, message));
            }
            self.keep(answer.clone());
            Ok(answer)
        })
    }

    /// The quantities at risk of a scope: computed once for each answer, with the ledger that the answer is of.
    ///
    /// # Errors
    /// As [`Risks::at_risk`](crate::at_risk::Risks::at_risk).
    pub fn at_risk<'a>(
        &'a self,
        caller: &'a Caller,
        answer: &'a ScopeAnswer,
    ) -> BoxFuture<'a, ServiceResult<Arc<AtRisk>>> {
        Box::pin(async move {
            let compute = async || {
                let questions = match answer.recall {
                    // Frozen: what came later has no part in it.
                    Some(_) => self.as_of(caller, answer.revision).await?.questions,
                    None => self.questions.clone(),
                };
                questions.risks.at_risk(caller, &answer.traced).await
            };
            answer.at_risk.get_or_try_init(compute).await.cloned()
        })
    }

    pub(super) fn kept(
        &self,
        asked: &RecallScope,
        revision: Revision,
        recall: Option<&EventId>,
    ) -> Option<Arc<ScopeAnswer>> {
        self.kept.find(|answer| {
            answer.recall.as_ref() == recall
                && answer.asked == *asked
                && (answer.revision == revision || answer.traced.subgraph.revision == revision)
        })
    }

    pub(super) fn keep(&self, answer: Arc<ScopeAnswer>) {
        self.kept.keep(answer);
    }

    /// Reads a scope, again when the ledger moved meanwhile, so that it is of one revision; when it moves all the time,
    /// everything up to the revision named is in the answer, and some of what came later may be.
    async fn read(
        &self,
        caller: &Caller,
        asked: &RecallScope,
        unknown: UnknownNames,
    ) -> ServiceResult<ScopeAnswer> {
        let mut before = self.reading(caller).revision().await?;
        for _ in 1..READS_MAX {
            let answer = self.read_once(caller, asked, before, unknown).await?;
            let after = self.reading(caller).revision().await?;
            if after == before {
                return Ok(answer);
            }
            before = after;
        }
        self.read_once(caller, asked, before, unknown).await
    }

    async fn read_once(
        &self,
        caller: &Caller,
        asked: &RecallScope,
        revision: Revision,
        unknown: UnknownNames,
    ) -> ServiceResult<ScopeAnswer> {
        let found = find_seeds(self.reading(caller), asked, unknown).await?;
        self.read_from(caller, asked, found, revision).await
    }

    /// Reads the scope that a recall froze: from the lots that it recorded.
    pub(super) async fn read_frozen(
        &self,
        caller: &Caller,
        recall: &RecallRecord,
        revision: Revision,
    ) -> ServiceResult<ScopeAnswer> {
        let asked = &recall.recall.scope;
        // The causes are asked anew for the reasons only; what they select then is what was recorded.
        let found = match find_seeds(self.reading(caller), asked, UnknownNames::Empty).await {
            Ok(found) => found,
            Err(error) if error.code == ErrorCode::RecallNothing => FoundSeeds::default(),
            Err(error) => return Err(error),
        };
        let mut reasons: HashMap<LotId, Vec<Reason>> =
            found.seeds.into_iter().map(|seed| (seed.lot, seed.reasons)).collect();
        let seed = |lot: &ScopeLot| Seed {
            lot: lot.lot.clone(),
            since: lot.since,
            reasons: reasons.remove(&lot.lot).unwrap_or_else(|| vec![Reason::Named]),
        };
        let seeds: Vec<Seed> = recall.recall.lots.iter().map(seed).collect();
        let found = FoundSeeds { seeds, unread_parameters: found.unread_parameters };
        self.read_from(caller, asked, found, revision).await
    }

    async fn read_from(
        &self,
        caller: &Caller,
        asked: &RecallScope,
        found: FoundSeeds,
        revision: Revision,
    ) -> ServiceResult<ScopeAnswer> {
        let found = FoundSeeds { seeds: as_meant(self.reading(caller), found.seeds).await?, ..found };
        let traced = self.walk(caller, &found.seeds, asked.respect_time).await?;
        let facts = facts_of(self.reading(caller), &traced).await?;
        let scope = scope(&traced.subgraph, &traced.trace, &facts);
        let last_operations = self.last_operations(caller, &traced, &scope.lots).await?;
        let look_alikes = look_alikes(self.reading(caller), &traced).await?;
        let (asked, seeds, unread_parameters) = (asked.clone(), found.seeds, found.unread_parameters);
        Ok(ScopeAnswer {
            asked,
            revision,
            seeds,
            traced,
            scope,
            last_operations,
            facts,
            look_alikes,
            recall: None,
            unread_parameters,
            at_risk: Arc::default(),
        })
    }

    async fn walk(
        &self,
        caller: &Caller,
        seeds: &[Seed],
        respect_time: bool,
    ) -> ServiceResult<Arc<TraceAnswer>> {
        let since: BTreeMap<LotId, Timestamp> =
            seeds.iter().filter_map(|seed| Some((seed.lot.clone(), seed.since?))).collect();
        let question = TraceQuestion {
            lots: seeds.iter().map(|seed| seed.lot.clone()).collect(),
            direction: Direction::Forward,
            max_depth: None,
            rule: TimeRule { respect_time, ..TimeRule::default() },
            skip_cache: false,
            at: None,
        };
        self.questions.tracer.trace_since(caller, question, &since).await
    }

    /// For lots that are or may be on hand: the last operation that made them or worked on them.
    async fn last_operations(
        &self,
        caller: &Caller,
        traced: &TraceAnswer,
        lots: &[AffectedLot],
    ) -> ServiceResult<HashMap<u32, LastOperation>> {
        let here = |lot: &&AffectedLot| {
            lot.whereabouts()
                .iter()
                .any(|place| matches!(place, Whereabouts::OnHand | Whereabouts::OnHandUnknown))
        };
        let here: Vec<u32> = lots.iter().filter(here).map(|lot| lot.lot).collect();
        let reading = self.reading(caller);
        let mut last = HashMap::new();
        for part in here.chunks(reading.limits().seeds_max) {
            let question = TraceQuestion {
                lots: part.iter().map(|lot| traced.lot_id(*lot).clone()).collect(),
                direction: Direction::Backward,
                max_depth: Some(1),
                rule: TimeRule::default(),
                skip_cache: true,
                at: None,
            };
            let upstream = self.questions.tracer.closure(reading, &question).await?;
            let found = latest(&upstream);
            let operations: BTreeSet<u32> = found.values().copied().collect();
            let operations: Vec<u32> = operations.into_iter().collect();
            let recorded = recorded_operations(reading, &upstream, &operations).await?;
            let recorded: HashMap<u32, RecordedOperation> = operations.into_iter().zip(recorded).collect();
            for lot in part {
                let operation = found.get(traced.lot_id(*lot)).and_then(|index| recorded.get(index));
                if let Some(recorded) = operation {
                    last.insert(*lot, last_operation(recorded));
                }
            }
        }
        Ok(last)
    }

    /// The affected lots that a filter lets show, in their order: indices into [`Scope::lots`].
    ///
    /// # Errors
    /// The store's.
    pub fn select<'a>(
        &'a self,
        caller: &'a Caller,
        answer: &'a ScopeAnswer,
        filter: &'a ScopeFilter,
    ) -> BoxFuture<'a, ServiceResult<Vec<u32>>> {
        Box::pin(async move {
            let customers: Option<BTreeSet<u32>> = filter.customer.as_ref().map(|customer| {
                let to = answer.scope.shipments.iter().filter(|s| s.customer.as_ref() == Some(customer));
                to.map(|shipment| shipment.lot).collect()
            });
            let in_place = |lot: &AffectedLot| match &filter.places {
                Some(places) => lot.whereabouts().iter().any(|place| places.contains(place)),
                None => true,
            };
            let shown = |lot: &AffectedLot| {
                in_place(lot) && customers.as_ref().is_none_or(|lots| lots.contains(&lot.lot))
            };
            let lots = answer.scope.lots.iter().enumerate();
            let mut places: Vec<u32> = lots.filter(|(_, lot)| shown(lot)).map(|(n, _)| n as u32).collect();
            if filter.lots != LotFilter::default() {
                let ids = places.iter().map(|n| answer.lot_id(answer.scope.lots[*n as usize].lot).clone());
                let passes = self.reading(caller).pass(&filter.lots, ids.collect()).await?;
                let mut passes = passes.into_iter();
                places.retain(|_| passes.next() == Some(true));
            }
            Ok(places)
        })
    }
}

/// Reads what the walk itself does not tell: all lots, all materials, all shipments, each in one go.
async fn facts_of(reading: Reading<'_>, traced: &TraceAnswer) -> ServiceResult<Facts> {
    let reached = traced.trace.lots.iter().map(|node| node.index);
    let indices: Vec<u32> = traced.trace.seeds.iter().copied().chain(reached).collect();
    let ids = indices.iter().map(|index| traced.lot_id(*index).clone()).collect();
    let lots = reading.lots(ids).await?;
    let present =
        |(index, lot): (&u32, Option<Lot>)| lot.map(Arc::new).ok_or_else(|| missing(traced.lot_id(*index)));
    let lots: Vec<Arc<Lot>> = indices.iter().zip(lots).map(present).collect::<ServiceResult<_>>()?;
    let codes = lots.iter().filter_map(|lot| lot.material.clone());
    let materials = reading.materials(codes.collect()).await?;
    let balances = balances_of(reading, &lots, &materials).await?;
    let mut facts = Facts::new(&traced.subgraph, materials);
    for ((index, lot), balance) in indices.iter().zip(&lots).zip(balances) {
        facts.tell_lot(*index, lot, balance);
    }
    let operations = traced.trace.operations.iter().map(|node| node.index);
    let kind = |index: &u32| traced.subgraph.operations[*index as usize].kind;
    let shipments: Vec<u32> = operations.filter(|index| kind(index) == OperationKind::Ship).collect();
    let recorded = recorded_operations(reading, &traced.subgraph, &shipments).await?;
    for (index, recorded) in shipments.iter().zip(recorded) {
        if let Some(document) = recorded.operation.document {
            facts.tell_document(*index, document);
        }
    }
    Ok(facts)
}

async fn recorded_operations(
    reading: Reading<'_>,
    subgraph: &Subgraph,
    indices: &[u32],
) -> ServiceResult<Vec<RecordedOperation>> {
    let id = |index: &u32| subgraph.operations[*index as usize].id.clone();
    let refs: Vec<NodeRef> = indices.iter().map(|index| NodeRef::Operation(id(index))).collect();
    let nodes = reading.get(&refs).await?;
    let operation = |(node, reference)| match node {
        Some(Node::Operation(recorded)) => Ok(*recorded),
        _ => Err(missing(&reference)),
    };
    nodes.into_iter().zip(refs).map(operation).collect()
}

fn missing(reference: &impl std::fmt::Debug) -> ServiceError {
    let message = format!("the store has links of {reference:?}, but not the node itself");
    ServiceError::new(ErrorCode::StoreCorrupt, message)
}

/// For each lot of an upstream closure, its last production or work in place; ties by id.
fn latest(upstream: &Subgraph) -> HashMap<LotId, u32> {
    let mut last: HashMap<u32, (Timestamp, &EventId, u32)> = HashMap::new();
    for link in upstream.links.iter().filter(|link| link.role != Role::Consumed) {
        let SubgraphOperation { id, kind, .. } = &upstream.operations[link.operation as usize];
        // A stock count moves nothing on.
        if *kind == OperationKind::Count {
            continue;
        }
        let this = (link.latest, id, link.operation);
        let known = last.entry(link.lot).or_insert(this);
        *known = this.max(*known);
    }
    let id = |lot: u32| upstream.lots[lot as usize].id.clone();
    last.into_iter().map(|(lot, (_, _, operation))| (id(lot), operation)).collect()
}

fn last_operation(recorded: &RecordedOperation) -> LastOperation {
    let operation = &recorded.operation;
    LastOperation {
        id: recorded.id.clone(),
        kind: operation.kind,
        step: operation.name.clone(),
        equipment: operation.equipment.clone(),
        at: operation.at,
    }
}
