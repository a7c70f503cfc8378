//! The driver of the planner: it asks for what it must know, then judges and projects.

use std::cell::OnceCell;
use std::sync::Arc;

use uuid::Uuid;

use lotgraph_domain::{
    Batch, Changes, Event, EventOutcome, Problem, RecordedRevision, Recording, Revision, Status,
};
use lotgraph_format::canonical;

use crate::facts::recordable;
use crate::need::{Named, Need, Step};
use crate::projection::Projection;
use crate::rules::Rules;
use crate::state::State;
use crate::writes::{Plan, Writes};
use crate::{aliases, hidden, naming};

/// The namespace for the commit ids of revisions that were taken over from another ledger (UUID version 5,
/// RFC 9562 section 5.5). These ids need not be random, because nobody retries such a commit.
const TAKEN_OVER: Uuid = Uuid::from_u128(0x1f5a_7c0e_93d2_4b8e_a6c1_50e8_2d37_94fb);

/// What is to be planned.
enum Work {
    /// Events that somebody sends: each is judged, and projected when it passes.
    Judge(Batch, Rules),
    /// Revisions that were recorded before: they are only projected.
    Project(Vec<RecordedRevision>),
}

/// A plan in the making.
///
/// A store asks [`Planning::next_need`] until there is none, and puts each answer into [`Planning::state`].
/// Then it calls [`Planning::finish`]. All this happens inside its write transaction, so that nothing it
/// answered can change before the rows of the plan are written.
pub struct Planning {
    work: Work,
    /// The events that may be recorded in the place of those that name lots by numbers, and what those mean that name lots by
    /// further names: what these need is asked for, too.
    in_place: Vec<Event>,
    named: Named,
    step: Option<Step>,
    /// The last question of a step that asks again.
    asked: Option<Need>,
    /// What the store has answered so far.
    pub state: State,
}

/// The canonical bodies of events, in order. [`Planning::finish`] needs them; they are computed apart from
/// it, so that this can be done before the store's lock is taken.
#[must_use]
pub fn bodies(events: &[Arc<Vec<Event>>]) -> Vec<String> {
    events.iter().flat_map(|events| events.iter()).map(|event| canonical::body(&event.fact)).collect()
}

impl Planning {
    /// Plans what a batch changes. Its events are judged in order, and each sees those before it. A rejected
    /// event changes nothing; in an atomic batch it makes all the others be refused too.
    #[must_use]
    pub fn judge(batch: Batch, rules: Rules) -> Self {
        let named = Named::to_judge(batch.events.iter());
        Self::new(Work::Judge(batch, rules), named)
    }

    /// Plans what recorded revisions change. Nothing is refused.
    #[must_use]
    pub fn project(revisions: Vec<RecordedRevision>) -> Self {
        let named = Named::by(revisions.iter().flat_map(|revision| revision.events.iter()));
        Self::new(Work::Project(revisions), named)
    }

    fn new(work: Work, named: Named) -> Self {
        let in_place = Vec::new();
        Self { work, in_place, named, step: Some(Step::FIRST), asked: None, state: State::default() }
    }

    /// The events in order, one list for each revision.
    #[must_use]
    pub fn events(&self) -> Vec<Arc<Vec<Event>>> {
        match &self.work {
            Work::Judge(batch, _) => vec![Arc::clone(&batch.events)],
            Work::Project(revisions) => {
                revisions.iter().map(|revision| Arc::clone(&revision.events)).collect()
            }
        }
    }

    /// What must be known next; `None` when everything is known.
    pub fn next_need(&mut self) -> Option<Need> {
        let sent = self.events();
        while let Some(step) = self.step {
            if let (Step::LotsTaken, Work::Judge(batch, rules)) = (step, &self.work) {
                self.in_place = naming::in_place(&batch.events, rules.numbers(&batch.caller), &self.state);
            }
            if step == Step::Materials {
                aliases::note_meant(&mut self.state);
                let events: Vec<&Event> = all(&sent, &self.in_place).collect();
                let meant = aliases::events_meant(&events, &self.state);
                self.in_place.extend(meant);
            }
            let events: Vec<&Event> = all(&sent, &self.in_place).collect();
            let need = step.need(&events, &mut self.named, &self.state);
            // What a store does not find is not asked for for ever.
            let again = step.asks_again() && !need.is_empty() && self.asked.as_ref() != Some(&need);
            if !again {
                self.step = step.next();
            }
            if !need.is_empty() {
                self.asked = again.then(|| need.clone());
                return Some(need);
            }
        }
        None
    }

    /// The plan. `current` is the revision that the ledger stands at, `bodies` are the [`bodies`] of the
    /// events.
    #[must_use]
    pub fn finish(self, current: Revision, bodies: Vec<String>) -> Plan {
        match self.work {
            Work::Judge(batch, rules) => judge(&batch, &rules, self.state, current, bodies),
            Work::Project(revisions) => project(&revisions, self.state, current, bodies),
        }
    }
}

fn all<'e>(sent: &'e [Arc<Vec<Event>>], in_place: &'e [Event]) -> impl Iterator<Item = &'e Event> {
    sent.iter().flat_map(|events| events.iter()).chain(in_place)
}

fn project(revisions: &[RecordedRevision], state: State, current: Revision, bodies: Vec<String>) -> Plan {
    let events = revisions.iter().flat_map(|revision| revision.events.iter());
    let mut projection = Projection::new(state, current, events);
    let mut bodies = bodies.into_iter();
    for revision in revisions {
        let commit = Uuid::new_v5(&TAKEN_OVER, &revision.number.0.to_be_bytes());
        projection.begin(commit, revision.recording.clone());
        for (event, body) in revision.events.iter().zip(bodies.by_ref()) {
            projection.settle_before(recordable(&event.fact));
            projection.record(event, body);
        }
        projection.end();
        projection.turn_page();
    }
    let (outcomes, writes) = (Vec::new(), projection.into_writes());
    Plan { applied: true, outcomes, writes, changes: Changes::default() }
}

fn judge(batch: &Batch, rules: &Rules, state: State, current: Revision, bodies: Vec<String>) -> Plan {
    // Events that are recorded otherwise than they were sent. They outlive the projection, which refers to them.
    let resolved: Vec<OnceCell<Event>> = vec![OnceCell::new(); batch.events.len()];
    let mut projection = Projection::new(state, current, batch.events.iter());
    let recording: Recording = batch.recording.clone();
    projection.begin(batch.commit, recording);
    let mut outcomes = Vec::with_capacity(batch.events.len());
    for ((event, body), resolved) in batch.events.iter().zip(bodies).zip(&resolved) {
        let (status, warnings) = match judge_one(&mut projection, batch, rules, (event, body), resolved) {
            Ok(judged) => judged,
            Err(problem) => (Status::Rejected(problem), Vec::new()),
        };
        outcomes.push(EventOutcome { id: event.id.clone(), status, warnings });
    }
    if batch.atomic && outcomes.iter().any(|outcome| matches!(outcome.status, Status::Rejected(_))) {
        let (outcomes, writes) = (withhold(outcomes), Writes::default());
        return Plan { applied: false, outcomes, writes, changes: Changes::default() };
    }
    projection.end();
    let writes = projection.into_writes();
    Plan { applied: true, outcomes, changes: writes.changes(), writes }
}

/// What becomes of an event, and what is to be said of it all the same.
fn judge_one<'a>(
    projection: &mut Projection<'a>,
    batch: &Batch,
    rules: &Rules,
    (event, body): (&'a Event, String),
    resolved: &'a OnceCell<Event>,
) -> Result<(Status, Vec<Problem>), Problem> {
    if let Some(known) = projection.log.judge_known(event, &body, batch.commit) {
        return Ok((known, Vec::new()));
    }
    projection.settle_before(recordable(&event.fact));
    rules.check(event, &batch.caller)?;
    hidden::judge(event, &body, projection)?;
    let policy = rules.numbers(&batch.caller);
    let received = projection.received(&event.fact);
    let (event, body) = match projection.naming.resolve(&event.fact, policy, &received, &projection.lots)? {
        None => (event, body),
        Some(fact) => {
            let event = resolved.get_or_init(|| Event { id: event.id.clone(), fact });
            (event, canonical::body(&event.fact))
        }
    };
    match projection.lots.aliases.fact(&event.fact) {
        None => recordable(&event.fact).judge(&event.id, projection)?,
        Some(meant) => recordable(&meant).judge(&event.id, projection)?,
    }
    let taken = resolved.get().map_or(&[][..], |event| naming::resolved(&event.fact));
    let carried = projection.carried(&event.fact);
    let mut warnings = projection.naming.warnings(event, taken, &carried, &projection.lots);
    warnings.extend(projection.document_tells_nothing(&event.fact));
    projection.record(event, body);
    Ok((Status::Accepted, warnings))
}

fn withhold(outcomes: Vec<EventOutcome>) -> Vec<EventOutcome> {
    let withheld = |outcome: EventOutcome| match outcome.status {
        Status::Accepted => EventOutcome { status: Status::Withheld, ..outcome },
        Status::Duplicate | Status::Rejected(_) | Status::Withheld => outcome,
    };
    outcomes.into_iter().map(withheld).collect()
}
