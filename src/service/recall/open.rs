//! Opens recalls and exercises: resolves the scope and records the recall with its hold as one batch.
//!
//! The lots that the recall freezes are those that its hold names, since one batch records both. What the causes touch
//! between the reading of the scope and that commit is looked for once more afterwards and held too: from then on nothing
//! that the causes touched before the recall was recorded is free.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::course::FoundRecall;
use super::scope::{Recalls, ScopeAnswer};
use super::seeds::find_seeds;
use crate::domain::recall::{Recall, RecallClass, RecallScope, ScopeLot};
use crate::domain::{ErrorCode, Event, EventId, Fact, Hold, HoldPolicy, LotId, Text, Timestamp};
use crate::format::canonical;
use crate::format::event::derived_id;
use crate::service::ingest::{Ingest, ItemStatus, Report, Sender};
use crate::service::{ServiceError, ServiceResult};

/// How often what slipped in is looked for.
const ROUNDS_MAX: usize = 3;

/// What is to be recalled, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// The id of the recall; absent: derived from its content.
    pub id: Option<EventId>,
    /// When it was decided.
    pub at: Timestamp,
    /// Why.
    pub reason: Text,
    /// What sort of trouble it is.
    pub category: Option<Text>,
    /// How dangerous the goods are.
    pub class: Option<RecallClass>,
    /// Whether it is an exercise: nothing is held.
    pub mock: bool,
    /// What it looks for.
    pub scope: RecallScope,
}

/// How long opening took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Timing {
    /// Until the scope was known: lots, whereabouts, customers.
    pub scope: Duration,
    /// Until the recall was recorded and its lots were held.
    pub total: Duration,
}

/// A recall that was opened.
#[derive(Debug)]
pub struct Opened {
    /// The recall.
    pub recall: FoundRecall,
    /// Whether it was there before, with the same content: then nothing was recorded.
    pub already: bool,
    /// The scope that it froze.
    pub answer: Arc<ScopeAnswer>,
    /// Lots that slipped in while it was being opened; they are held by a hold of their own.
    pub late: Vec<LotId>,
    /// How long it took.
    pub timing: Timing,
}

impl Recalls {
    /// Opens a recall, or an exercise. Sending the same again under the same id changes nothing.
    ///
    /// # Errors
    /// As [`Recalls::scope`]; `ID_CONFLICT` when the id is taken by something else; and what the ledger refuses.
    pub async fn open(&self, opening: Opening, ingest: &Ingest, sender: &Sender) -> ServiceResult<Opened> {
        let started = Instant::now();
        if let Some(known) = self.known(&opening).await? {
            let answer = self.frozen(&known).await?;
            let timing = Timing { scope: started.elapsed(), total: started.elapsed() };
            return Ok(Opened { recall: known, already: true, answer, late: Vec::new(), timing });
        }
        let answer = self.scope(&opening.scope, None).await?;
        let scope = started.elapsed();
        let lots = answer.seeds.iter().map(|seed| ScopeLot { lot: seed.lot.clone(), since: seed.since });
        let fact = Fact::Recall(Recall {
            at: opening.at,
            reason: opening.reason.clone(),
            category: opening.category.clone(),
            class: opening.class,
            mock: opening.mock,
            scope: opening.scope.clone(),
            lots: lots.collect(),
        });
        let id = opening.id.clone().unwrap_or_else(|| derived_id(&canonical::body(&fact)));
        let held: BTreeSet<LotId> = answer.seeds.iter().map(|seed| seed.lot.clone()).collect();
        let mut events = vec![Event { id: id.clone(), fact }];
        if !opening.mock {
            events.push(hold(&id, &opening, held.iter().cloned().collect()));
        }
        let report = record(ingest, sender, events).await?;
        let already = report.count(|status| *status == ItemStatus::Duplicate) == report.outcomes.len();
        let late = match opening.mock {
            true => Vec::new(),
            false => self.hold_late(&id, &opening, held, ingest, sender).await?,
        };
        let recall = self.must_find(&id).await?;
        self.keep_frozen(&recall, &answer);
        let timing = Timing { scope, total: started.elapsed() };
        Ok(Opened { recall, already, answer, late, timing })
    }

    /// The recall of this id, if it is this one.
    async fn known(&self, opening: &Opening) -> ServiceResult<Option<FoundRecall>> {
        let Some(id) = &opening.id else { return Ok(None) };
        let known = self.find(id).await?;
        Ok(known.filter(|known| {
            let recall = &known.record.recall;
            recall.scope == opening.scope
                && recall.reason == opening.reason
                && recall.mock == opening.mock
                && recall.at == opening.at
        }))
    }

    /// Holds what the causes touched before the recall was recorded, and after its scope was read.
    async fn hold_late(
        &self,
        id: &EventId,
        opening: &Opening,
        mut held: BTreeSet<LotId>,
        ingest: &Ingest,
        sender: &Sender,
    ) -> ServiceResult<Vec<LotId>> {
        let mut late = Vec::new();
        if opening.scope.causes.is_empty() {
            return Ok(late);
        }
        for _ in 0..ROUNDS_MAX {
            let seeds = match find_seeds(self.tracer(), &opening.scope).await {
                Ok(found) => found.seeds,
                // What the causes selected was voided meanwhile.
                Err(error) if error.code == ErrorCode::RecallNothing => return Ok(late),
                Err(error) => return Err(error),
            };
            let fresh: Vec<LotId> =
                seeds.into_iter().map(|seed| seed.lot).filter(|lot| held.insert(lot.clone())).collect();
            if fresh.is_empty() {
                return Ok(late);
            }
            record(ingest, sender, vec![hold(id, opening, fresh.clone())]).await?;
            late.extend(fresh);
        }
        Ok(late)
    }
}

/// The hold of a recall: it names the lots that the recall starts from, and everything made of them is suspect.
fn hold(recall: &EventId, opening: &Opening, lots: Vec<LotId>) -> Event {
    let fact = Fact::Hold(Hold {
        at: opening.at,
        lots,
        reason: opening.reason.clone(),
        category: opening.category.clone(),
        propagate: true,
        policy: HoldPolicy::Block,
        recall: Some(recall.clone()),
    });
    Event { id: derived_id(&canonical::body(&fact)), fact }
}

/// Records events as one atomic batch.
///
/// # Errors
/// The first refusal, with its code.
async fn record(ingest: &Ingest, sender: &Sender, events: Vec<Event>) -> ServiceResult<Report> {
    let report = ingest.record(events.into_iter().map(Ok).collect(), true, sender).await?;
    if report.applied {
        return Ok(report);
    }
    let problems = report.outcomes.into_iter().filter_map(|outcome| match outcome.status {
        ItemStatus::Rejected(problems) => Some(problems),
        ItemStatus::Accepted | ItemStatus::Duplicate | ItemStatus::Withheld => None,
    });
    Err(ServiceError::of_problems(problems.flatten().collect()))
}
