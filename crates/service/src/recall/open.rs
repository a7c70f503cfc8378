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
use super::seeds::{UnknownNames, find_seeds};
use crate::recorder::{ItemStatus, Recorder, Report};
use crate::standing::{StandingLot, among};
use crate::{ServiceError, ServiceResult};
use futures::future::BoxFuture;
use lotgraph_domain::recall::{Recall, RecallClass, RecallScope, ScopeLot};
use lotgraph_domain::{
    Caller, ErrorCode, Event, EventId, Fact, Hold, HoldPolicy, LateCapture, LotId, Text, Timestamp,
};
use lotgraph_format::canonical;
use lotgraph_format::event::derived_id;

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
    /// What else holds its lots, by lot; nothing for an exercise.
    pub standing: Vec<StandingLot>,
    /// How long it took.
    pub timing: Timing,
}

impl Recalls {
    /// Opens a recall, or an exercise. Sending the same again under the same id changes nothing.
    ///
    /// # Errors
    /// As [`Recalls::scope`]; `ID_CONFLICT` when the id is taken by something else; and what the ledger refuses.
    pub fn open<'a>(
        &'a self,
        caller: &'a Caller,
        opening: Opening,
        recorder: &'a Recorder,
    ) -> BoxFuture<'a, ServiceResult<Opened>> {
        Box::pin(async move {
            let started = Instant::now();
            if let Some(known) = self.known(caller, &opening).await? {
                let answer = self.frozen(caller, &known).await?;
                let timing = Timing { scope: started.elapsed(), total: started.elapsed() };
                let standing = self.standing(caller, &known, &[]).await?;
                let late = Vec::new();
                return Ok(Opened { recall: known, already: true, answer, late, standing, timing });
            }
            let answer = self.scope(caller, &opening.scope, None).await?;
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
                events.push(hold(&id, opening.words(), held.iter().cloned().collect()));
            }
            let report = record(recorder, caller, events).await?;
            let already = report.count(|status| *status == ItemStatus::Duplicate) == report.outcomes.len();
            let late = match opening.mock {
                true => Vec::new(),
                false => self.hold_late(&id, &opening, held, recorder, caller).await?,
            };
            let recall = self.must_find(caller, &id).await?;
            self.keep_frozen(&recall, &answer);
            let timing = Timing { scope, total: started.elapsed() };
            let standing = self.standing(caller, &recall, &late).await?;
            Ok(Opened { recall, already, answer, late, standing, timing })
        })
    }

    /// What else holds the lots that a recall holds.
    async fn standing(
        &self,
        caller: &Caller,
        recall: &FoundRecall,
        late: &[LotId],
    ) -> ServiceResult<Vec<StandingLot>> {
        let record = &recall.record;
        let own: BTreeSet<EventId> = record.holds.iter().map(|hold| hold.hold.clone()).collect();
        if own.is_empty() {
            return Ok(Vec::new());
        }
        let lots = record.recall.lots.iter().map(|lot| &lot.lot).chain(late);
        among(self.reading(caller), &lots.map(|lot| (lot.clone(), own.clone())).collect()).await
    }

    /// The recall of this id, if it is this one.
    async fn known(&self, caller: &Caller, opening: &Opening) -> ServiceResult<Option<FoundRecall>> {
        let Some(id) = &opening.id else { return Ok(None) };
        let known = self.find(caller, id).await?;
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
        recorder: &Recorder,
        caller: &Caller,
    ) -> ServiceResult<Vec<LotId>> {
        let mut late = Vec::new();
        if opening.scope.causes.is_empty() {
            return Ok(late);
        }
        for _ in 0..ROUNDS_MAX {
            let seeds = match find_seeds(self.reading(caller), &opening.scope, UnknownNames::Empty).await {
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
            record(recorder, caller, vec![hold(id, opening.words(), fresh.clone())]).await?;
            late.extend(fresh);
        }
        Ok(late)
    }
}

/// What the hold of a recall says of its cause.
pub(super) struct Words {
    pub(super) at: Timestamp,
    pub(super) reason: Text,
    pub(super) category: Option<Text>,
}

impl Opening {
    fn words(&self) -> Words {
        Words { at: self.at, reason: self.reason.clone(), category: self.category.clone() }
    }
}

/// The hold of a recall: it names the lots that the recall starts from, and everything made of them is suspect.
pub(super) fn hold(recall: &EventId, words: Words, lots: Vec<LotId>) -> Event {
    let fact = Fact::Hold(Hold {
        at: words.at,
        lots,
        reason: words.reason,
        category: words.category,
        propagate: true,
        policy: HoldPolicy::Block,
        late_capture: LateCapture::default(),
        recall: Some(recall.clone()),
        resolve: false,
        resolved: Vec::new(),
    });
    Event { id: derived_id(&canonical::body(&fact)), fact }
}

/// Records events as one atomic batch.
///
/// # Errors
/// The first refusal, with its code.
async fn record(recorder: &Recorder, caller: &Caller, events: Vec<Event>) -> ServiceResult<Report> {
    let report = recorder.record(events.into_iter().map(Ok).collect(), true, caller).await?;
    if report.applied {
        return Ok(report);
    }
    let problems = report.outcomes.into_iter().filter_map(|outcome| match outcome.status {
        ItemStatus::Rejected(problems) => Some(problems),
        ItemStatus::Accepted | ItemStatus::Duplicate | ItemStatus::Withheld => None,
    });
    Err(ServiceError::of_problems(problems.flatten().collect()))
}
