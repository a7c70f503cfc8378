//! The same trace question at two states of the ledger, and what differs between the answers.

use std::collections::HashSet;
use std::sync::Arc;

use super::Then;
use crate::trace::{TraceAnswer, TraceQuestion};
use crate::{ServiceError, ServiceResult};
use futures::future::BoxFuture;
use lotgraph_domain::{Caller, ErrorCode, LotId, LotStatus, Node, NodeRef};
use lotgraph_genealogy::{self as genealogy, Difference, Subgraph, TraceOf, TracedNode};
use lotgraph_store::LotFilter;

/// A lot in one of the two answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LotState {
    /// Operations from the nearest start; 0 for a start.
    pub depth: u32,
    /// What may be done with it.
    pub status: LotStatus,
}

/// A lot of both answers that is not the same in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedLot {
    /// The lot.
    pub id: LotId,
    /// As it was.
    pub before: LotState,
    /// As it is in the later answer.
    pub after: LotState,
}

/// What differs between a trace and the same one later.
#[derive(Debug, Clone)]
pub struct TraceDifference {
    /// The earlier answer.
    pub before: Arc<TraceAnswer>,
    /// The later answer.
    pub after: Arc<TraceAnswer>,
    /// Lots to start from that were not known before, in the order asked.
    pub unknown_before: Vec<LotId>,
    /// What came and what went; lots as far as the filter lets them show.
    pub difference: Difference,
    /// Lots of both whose depth or status changed, in the order of the later answer.
    pub changed: Vec<ChangedLot>,
}

impl TraceDifference {
    /// Whether a limit cut one of the two answers, so that what lies behind it is not compared.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.before.trace.partial.is_some() || self.after.trace.partial.is_some()
    }
}

impl Then {
    /// What differs between the answer at this state and the one at a later state. A filter restricts which lots are
    /// shown: added ones by what they are later, removed ones by what they were, others by either.
    ///
    /// # Errors
    /// `ARGUMENT_INVALID` when the other state is the earlier one; otherwise as
    /// [`Tracer::trace`](crate::trace::Tracer::trace) at the later state.
    pub fn difference<'a>(
        &'a self,
        caller: &'a Caller,
        later: &'a Self,
        question: TraceQuestion,
        filter: Option<&'a LotFilter>,
    ) -> BoxFuture<'a, ServiceResult<TraceDifference>> {
        Box::pin(async move {
            if self.revision > later.revision {
                let message = format!(
                    "from is revision {}, behind revision {} of to; ask the other way round",
                    self.revision, later.revision
                );
                return Err(ServiceError::new(ErrorCode::ArgumentInvalid, message));
            }
            let after = later.questions.tracer.trace(caller, question.clone()).await?;
            let (before, unknown_before) = self.trace_known(caller, question).await?;
            let [old, new] = [&before, &after].map(|a| TraceOf { subgraph: &a.subgraph, trace: &a.trace });
            let mut difference = genealogy::difference(old, new);
            let kept = std::mem::take(&mut difference.lots_kept);
            let mut changed = self.changed(caller, later, (&before, &after), &kept).await?;
            if filter.is_some() {
                let was_shown = shown(caller, self, &before, filter).await?;
                let is_shown = shown(caller, later, &after, filter).await?;
                difference.lots_added.retain(|node| is_shown.contains(after.lot_id(node.index)));
                difference.lots_removed.retain(|node| was_shown.contains(before.lot_id(node.index)));
                changed.retain(|lot| was_shown.contains(&lot.id) || is_shown.contains(&lot.id));
            }
            difference.lots_kept = kept;
            Ok(TraceDifference { before, after, unknown_before, difference, changed })
        })
    }

    /// The answer from the lots that were known at this state; the others are named.
    async fn trace_known(
        &self,
        caller: &Caller,
        question: TraceQuestion,
    ) -> ServiceResult<(Arc<TraceAnswer>, Vec<LotId>)> {
        let refs: Vec<NodeRef> = question.lots.iter().cloned().map(NodeRef::Lot).collect();
        let nodes = self.questions.lookup.get(caller, &refs).await?;
        let pairs = question.lots.iter().cloned().zip(nodes);
        let (known, unknown): (Vec<_>, Vec<_>) = pairs.partition(|(_, node)| node.is_some());
        let unknown = unknown.into_iter().map(|(id, _)| id).collect();
        let lots: Vec<LotId> = known.into_iter().map(|(id, _)| id).collect();
        let question = TraceQuestion { lots, ..question };
        if question.lots.is_empty() {
            let subgraph = Subgraph::empty(self.revision, question.direction);
            let trace = genealogy::trace(&subgraph, question.rule);
            return Ok((Arc::new(TraceAnswer { question, subgraph, trace }), unknown));
        }
        Ok((self.questions.tracer.trace(caller, question).await?, unknown))
    }

    /// Of the lots in both answers, those whose depth or status is another.
    async fn changed(
        &self,
        caller: &Caller,
        later: &Self,
        (before, after): (&TraceAnswer, &TraceAnswer),
        kept: &[(TracedNode, TracedNode)],
    ) -> ServiceResult<Vec<ChangedLot>> {
        let refs: Vec<NodeRef> =
            kept.iter().map(|(old, _)| NodeRef::Lot(before.lot_id(old.index).clone())).collect();
        let (old, new) = futures::try_join!(
            self.questions.lookup.get(caller, &refs),
            later.questions.lookup.get(caller, &refs)
        )?;
        let mut changed = Vec::new();
        for ((pair, old), new) in kept.iter().zip(old).zip(new) {
            let id = after.lot_id(pair.1.index);
            let before = LotState { depth: pair.0.depth, status: status(id, old)? };
            let after = LotState { depth: pair.1.depth, status: status(id, new)? };
            if before != after {
                changed.push(ChangedLot { id: id.clone(), before, after });
            }
        }
        Ok(changed)
    }
}

fn status(id: &LotId, node: Option<Node>) -> ServiceResult<LotStatus> {
    match node {
        Some(Node::Lot(lot)) => Ok(lot.status()),
        Some(Node::Operation(_) | Node::Master(_) | Node::Record(_)) | None => {
            let message = format!("the store traces the lot {id}, but does not hold it");
            Err(ServiceError::new(ErrorCode::StoreCorrupt, message))
        }
    }
}

/// The lots that a filter lets show; what a trace starts from always does.
async fn shown(
    caller: &Caller,
    then: &Then,
    answer: &TraceAnswer,
    filter: Option<&LotFilter>,
) -> ServiceResult<HashSet<LotId>> {
    let selected = then.questions.tracer.select(caller, answer, filter).await?;
    let reached = selected.iter().map(|node| node.index);
    let indices = answer.trace.seeds.iter().copied().chain(reached);
    Ok(indices.map(|index| answer.lot_id(index).clone()).collect())
}
