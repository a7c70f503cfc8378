//! Answers the scope of a recall, page by page from one answer.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use tokio::sync::OnceCell;

use super::seeds::{FoundSeeds, find_seeds};
use crate::domain::recall::{RecallRecord, RecallScope, ScopeLot};
use crate::domain::{
    EquipmentCode, ErrorCode, EventId, Lot, LotId, Node, NodeRef, OperationKind, PartyCode,
    RecordedOperation, Role, Text, Timestamp,
};
use crate::genealogy::scope::{AffectedLot, Facts, Reason, Scope, Seed, Whereabouts, scope};
use crate::genealogy::{Direction, Revision, Subgraph, SubgraphOperation, TimeRule};
use crate::service::as_of::History;
use crate::service::at_risk::AtRisk;
use crate::service::kept::{Kept, Weighed};
use crate::service::trace::{TraceAnswer, TraceQuestion, Tracer};
use crate::service::{ServiceError, ServiceResult};
use crate::store::{LotFilter, Store};

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
    tracer: Tracer,
    history: History,
    /// Recent answers, so that further pages come from the same one.
    kept: Kept<ScopeAnswer>,
}

impl Recalls {
    /// Recalls over the store of a tracer, within its limits; what was frozen is asked of its history.
    #[must_use]
    pub fn new(tracer: Tracer, history: History) -> Self {
        Self { tracer, history, kept: Kept::default() }
    }

    pub(super) fn tracer(&self) -> &Tracer {
        &self.tracer
    }

    pub(super) fn store(&self) -> &Arc<dyn Store> {
        self.tracer.store()
    }

    /// The same over the ledger as it was at a revision.
    pub(super) async fn as_of(&self, revision: Revision) -> ServiceResult<Self> {
        Ok(Self { tracer: self.history.tracer(revision).await?, ..self.clone() })
    }

    /// The same over another state of the ledger.
    #[must_use]
    pub fn over(&self, tracer: Tracer) -> Self {
        Self { tracer, ..self.clone() }
    }

    /// The scope of a recall: as it is now, or for a further page as it was at the revision of the first.
    ///
    /// # Errors
    /// What is wrong with the scope, `RECALL_NOTHING` when it selects no lot, `LIMIT_EXCEEDED` when it selects too much,
    /// `LOT_UNKNOWN` for a lot that does not exist, `CURSOR_STALE` for a revision whose answer is no longer kept, and the
    /// store's.
    pub async fn scope(&self, asked: &RecallScope, at: Option<Revision>) -> ServiceResult<Arc<ScopeAnswer>> {
        let wanted = match at {
            Some(at) => at,
            None => self.tracer.store().revision().await?,
        };
        if let Some(answer) = self.kept(asked, wanted, None) {
            return Ok(answer);
        }
        let answer = Arc::new(self.read(asked).await?);
        if at.is_some_and(|at| at != answer.revision) {
            let message = format!("the ledger moved on; {}", ErrorCode::CursorStale.remedy());
            return Err(ServiceError::new(ErrorCode::CursorStale, message));
        }
        self.keep(answer.clone());
        Ok(answer)
    }

    /// The quantities at risk of a scope: computed once for each answer, with the ledger that the answer is of.
    ///
    /// # Errors
    /// As [`Tracer::at_risk`].
    pub async fn at_risk(&self, answer: &ScopeAnswer) -> ServiceResult<Arc<AtRisk>> {
        let compute = async || {
            let tracer = match answer.recall {
                // Frozen: what came later has no part in it.
                Some(_) => self.as_of(answer.revision).await?.tracer,
                None => self.tracer.clone(),
            };
            tracer.at_risk(&answer.traced).await
        };
        answer.at_risk.get_or_try_init(compute).await.cloned()
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
    async fn read(&self, asked: &RecallScope) -> ServiceResult<ScopeAnswer> {
        let mut before = self.tracer.store().revision().await?;
        for _ in 1..READS_MAX {
            let answer = self.read_once(asked, before).await?;
            let after = self.tracer.store().revision().await?;
            if after == before {
                return Ok(answer);
            }
            before = after;
        }
        self.read_once(asked, before).await
    }

    async fn read_once(&self, asked: &RecallScope, revision: Revision) -> ServiceResult<ScopeAnswer> {
        let found = find_seeds(&self.tracer, asked).await?;
        self.read_from(asked, found, revision).await
    }

    /// Reads the scope that a recall froze: from the lots that it recorded.
    pub(super) async fn read_frozen(
        &self,
        recall: &RecallRecord,
        revision: Revision,
    ) -> ServiceResult<ScopeAnswer> {
        let asked = &recall.recall.scope;
        // The causes are asked anew for the reasons only; what they select then is what was recorded.
        let found = match find_seeds(&self.tracer, asked).await {
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
        self.read_from(asked, found, revision).await
    }

    async fn read_from(
        &self,
        asked: &RecallScope,
        found: FoundSeeds,
        revision: Revision,
    ) -> ServiceResult<ScopeAnswer> {
        let traced = self.walk(&found.seeds, asked.respect_time).await?;
        let facts = self.facts(&traced).await?;
        let scope = scope(&traced.subgraph, &traced.trace, &facts);
        let last_operations = self.last_operations(&traced, &scope.lots).await?;
        let (asked, seeds, unread_parameters) = (asked.clone(), found.seeds, found.unread_parameters);
        Ok(ScopeAnswer {
            asked,
            revision,
            seeds,
            traced,
            scope,
            last_operations,
            facts,
            recall: None,
            unread_parameters,
            at_risk: Arc::default(),
        })
    }

    async fn walk(&self, seeds: &[Seed], respect_time: bool) -> ServiceResult<Arc<TraceAnswer>> {
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
        self.tracer.trace_since(question, &since).await
    }

    /// Reads what the walk itself does not tell: all lots, all materials, all shipments, each in one go.
    async fn facts(&self, traced: &TraceAnswer) -> ServiceResult<Facts> {
        let reached = traced.trace.lots.iter().map(|node| node.index);
        let indices: Vec<u32> = traced.trace.seeds.iter().copied().chain(reached).collect();
        let ids = indices.iter().map(|index| traced.lot_id(*index).clone()).collect();
        let lots = self.tracer.lots(ids).await?;
        let present = |(index, lot): (&u32, Option<Lot>)| {
            lot.map(Arc::new).ok_or_else(|| missing(traced.lot_id(*index)))
        };
        let lots: Vec<Arc<Lot>> = indices.iter().zip(lots).map(present).collect::<ServiceResult<_>>()?;
        let codes = lots.iter().filter_map(|lot| lot.material.clone());
        let materials = self.tracer.materials(codes.collect()).await?;
        let balances = self.tracer.balances_of(&lots, &materials).await?;
        let mut facts = Facts::new(&traced.subgraph, materials);
        for ((index, lot), balance) in indices.iter().zip(&lots).zip(balances) {
            facts.tell_lot(*index, lot.material.clone(), balance);
        }
        let operations = traced.trace.operations.iter().map(|node| node.index);
        let kind = |index: &u32| traced.subgraph.operations[*index as usize].kind;
        let shipments: Vec<u32> = operations.filter(|index| kind(index) == OperationKind::Ship).collect();
        let recorded = self.operations(&traced.subgraph, &shipments).await?;
        for (index, recorded) in shipments.iter().zip(recorded) {
            if let Some(document) = recorded.operation.document {
                facts.tell_document(*index, document);
            }
        }
        Ok(facts)
    }

    async fn operations(
        &self,
        subgraph: &Subgraph,
        indices: &[u32],
    ) -> ServiceResult<Vec<RecordedOperation>> {
        let id = |index: &u32| subgraph.operations[*index as usize].id.clone();
        let refs: Vec<NodeRef> = indices.iter().map(|index| NodeRef::Operation(id(index))).collect();
        let nodes = self.tracer.store().get(&refs).await?;
        let operation = |(node, reference)| match node {
            Some(Node::Operation(recorded)) => Ok(*recorded),
            _ => Err(missing(&reference)),
        };
        nodes.into_iter().zip(refs).map(operation).collect()
    }

    /// For lots that are or may be on hand: the last operation that made them or worked on them.
    async fn last_operations(
        &self,
        traced: &TraceAnswer,
        lots: &[AffectedLot],
    ) -> ServiceResult<HashMap<u32, LastOperation>> {
        let here = |lot: &&AffectedLot| {
            lot.whereabouts()
                .iter()
                .any(|place| matches!(place, Whereabouts::OnHand | Whereabouts::OnHandUnknown))
        };
        let here: Vec<u32> = lots.iter().filter(here).map(|lot| lot.lot).collect();
        let mut last = HashMap::new();
        for part in here.chunks(self.tracer.store().limits().seeds_max) {
            let question = TraceQuestion {
                lots: part.iter().map(|lot| traced.lot_id(*lot).clone()).collect(),
                direction: Direction::Backward,
                max_depth: Some(1),
                rule: TimeRule::default(),
                skip_cache: true,
                at: None,
            };
            let upstream = self.tracer.closure(&question).await?;
            let found = latest(&upstream);
            let operations: BTreeSet<u32> = found.values().copied().collect();
            let operations: Vec<u32> = operations.into_iter().collect();
            let recorded = self.operations(&upstream, &operations).await?;
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
    pub async fn select(&self, answer: &ScopeAnswer, filter: &ScopeFilter) -> ServiceResult<Vec<u32>> {
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
            let passes = self.tracer.pass(&filter.lots, ids.collect()).await?;
            let mut passes = passes.into_iter();
            places.retain(|_| passes.next() == Some(true));
        }
        Ok(places)
    }
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
