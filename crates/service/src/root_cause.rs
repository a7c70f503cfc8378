//! Root cause: what the bad lots have in common that lots like them have not.

mod selection;

use std::collections::{BTreeSet, HashMap};

use super::lookup::Reading;
use super::trace::{TraceQuestion, Tracer};
use super::{ServiceError, ServiceResult};
use futures::future::BoxFuture;
use lotgraph_domain::{AttributeCondition, Caller, ErrorCode, LotId, Node, NodeRef};
use lotgraph_genealogy::root_cause::{
    CommonCause, Comparison, Evidence, Facts, SharedLot, common_cause, shared_lots,
};
use lotgraph_genealogy::{Cut, Direction, Subgraph, TimeRule};
use lotgraph_store::LotFilter;
pub use selection::CANDIDATES_MAX;
use selection::{Selected, lots_to_compare};

/// The most cases of one question.
pub const CASES_MAX: usize = 1_000;
/// The most controls of one question.
pub const CONTROLS_MAX: usize = 20_000;
/// Operations read at once: bounds the memory that their full records take.
const OPERATIONS_AT_ONCE: usize = 10_000;

/// The lots that went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cases {
    /// These.
    Lots(Vec<LotId>),
    /// Those whose attributes fulfil all of some conditions.
    Where {
        /// Among these.
        among: LotFilter,
        /// At least one.
        conditions: Vec<AttributeCondition>,
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
        /// Only lots whose attributes fulfil all of these: what cases and controls are to have in common anyway.
        conditions: Vec<AttributeCondition>,
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
    /// Lots that were not taken as controls because they lack a number that the cases' conditions ask for: nobody can
    /// tell whether they went well.
    pub left_out: usize,
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
    pub fn ids_of(&self, evidence: Evidence) -> (&LotId, &LotId, Option<&lotgraph_domain::EventId>) {
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

/// Finds what bad lots have in common.
#[derive(Clone)]
pub struct Causes {
    tracer: Tracer,
}

impl Causes {
    /// Compares over the store of a tracer, within its limits.
    #[must_use]
    pub fn new(tracer: Tracer) -> Self {
        Self { tracer }
    }

    /// Compares what is upstream of cases and controls.
    ///
    /// # Errors
    /// `CASES_NONE`, `CONTROLS_NONE`, `CASES_AND_CONTROLS_OVERLAP`, `LOT_UNKNOWN`, `LIMIT_EXCEEDED`, and the store's.
    pub fn root_cause<'a>(
        &'a self,
        caller: &'a Caller,
        question: &'a RootCauseQuestion,
    ) -> BoxFuture<'a, ServiceResult<RootCauseAnswer>> {
        Box::pin(async move {
            let reading = self.tracer.lookup().by(caller);
            let Selected { cases, controls, left_out } = lots_to_compare(reading, question).await?;
            let seeds = cases.iter().chain(&controls).cloned().collect();
            let rule = TimeRule { respect_time: question.respect_time, ..TimeRule::default() };
            let subgraph = self.tracer.closure(reading, &plain(seeds, Direction::Backward, rule)).await?;
            let facts = read_facts(reading, &subgraph).await?;
            let compute = move || {
                let index: HashMap<&LotId, u32> =
                    subgraph.seeds().map(|n| (&subgraph.lots[n as usize].id, n)).collect();
                let indices = |ids: &BTreeSet<LotId>| ids.iter().map(|id| index[id]).collect::<Vec<u32>>();
                let (cases, controls) = (indices(&cases), indices(&controls));
                drop(index);
                let comparison = Comparison { cases: &cases, controls: &controls };
                let common = common_cause(&subgraph, facts, comparison, rule);
                RootCauseAnswer { subgraph, cases, controls, left_out, common }
            };
            apart(compute).await
        })
    }

    /// The lots upstream (BACKWARD) or downstream (FORWARD) of every one of these.
    ///
    /// # Errors
    /// As [`Tracer::trace`].
    pub fn shared<'a>(
        &'a self,
        caller: &'a Caller,
        lots: Vec<LotId>,
        direction: Direction,
    ) -> BoxFuture<'a, ServiceResult<SharedAnswer>> {
        Box::pin(async move {
            if lots.is_empty() {
                let message = "lots is empty; name the lots whose common ones are asked for";
                return Err(ServiceError::new(ErrorCode::ArgumentInvalid, message));
            }
            let subgraph = self
                .tracer
                .closure(self.tracer.lookup().by(caller), &plain(lots, direction, TimeRule::default()))
                .await?;
            apart(move || {
                let lots = shared_lots(&subgraph, TimeRule::default());
                SharedAnswer { subgraph, lots }
            })
            .await
        })
    }
}

/// Reads the operations of a subgraph, a part at a time.
async fn read_facts(reading: Reading<'_>, subgraph: &Subgraph) -> ServiceResult<Facts> {
    let mut facts = Facts::new(subgraph);
    let mut index = 0;
    for part in subgraph.operations.chunks(OPERATIONS_AT_ONCE) {
        let refs: Vec<NodeRef> =
            part.iter().map(|operation| NodeRef::Operation(operation.id.clone())).collect();
        for (node, reference) in reading.get(&refs).await?.into_iter().zip(&refs) {
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

/// Runs a long computation beside the threads that serve others.
async fn apart<T: Send + 'static>(compute: impl FnOnce() -> T + Send + 'static) -> ServiceResult<T> {
    let failed = |error: tokio::task::JoinError| ServiceError::new(ErrorCode::Internal, error.to_string());
    tokio::task::spawn_blocking(compute).await.map_err(failed)
}

/// A trace question over everything; a cache is not asked, as so many starts are hardly asked for twice.
fn plain(lots: Vec<LotId>, direction: Direction, rule: TimeRule) -> TraceQuestion {
    TraceQuestion { lots, direction, max_depth: None, rule, skip_cache: true, at: None }
}
