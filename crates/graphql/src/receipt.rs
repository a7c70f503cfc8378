//! Receipts: what became of each event sent.

use async_graphql::{Context, Enum, ID, Result};

use super::answer::leaf;
use super::connection::{page_cost, page_size};
use super::hold::LotHold;
use super::{caller, services};
use lotgraph_domain::{Event, Fact, Problem};
use lotgraph_graphql_macros::{Object, SimpleObject};
use lotgraph_service::recorder::{ItemOutcome, ItemStatus, Report};
use lotgraph_service::standing;

/// What became of one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum EventStatus {
    /// Recorded now.
    Accepted,
    /// Recorded before, with the same content.
    Duplicate,
    /// Refused; `problems` says why.
    Rejected,
    /// Fine in itself, but its atomic batch was refused.
    Withheld,
}

leaf!(EventStatus);

impl EventStatus {
    fn of(status: &ItemStatus) -> Self {
        match status {
            ItemStatus::Accepted => Self::Accepted,
            ItemStatus::Duplicate => Self::Duplicate,
            ItemStatus::Rejected(_) => Self::Rejected,
            ItemStatus::Withheld => Self::Withheld,
        }
    }
}

/// Something wrong with an event, or to be looked at.
#[derive(SimpleObject)]
pub struct EventProblem {
    /// The public code; docs/errors.md explains each.
    code: &'static str,
    /// What is wrong and what to do.
    message: String,
    /// Where inside the event, like `inputs[0].quantity`; empty for the event as a whole.
    path: String,
}

impl From<&Problem> for EventProblem {
    fn from(problem: &Problem) -> Self {
        Self { code: problem.code.name(), message: problem.message.clone(), path: problem.path.clone() }
    }
}

/// What became of one event, by its place in the request.
#[derive(SimpleObject)]
pub struct EventOutcome {
    /// Its place in the request, from 0.
    index: usize,
    /// Its id, given or derived; absent when the event could not be read.
    id: Option<ID>,
    /// What became of it.
    status: EventStatus,
    /// Why it was refused; empty otherwise.
    problems: Vec<EventProblem>,
    /// What is to be looked at although it was accepted: an id that looks like that of another lot, for example.
    warnings: Vec<EventProblem>,
}

impl EventOutcome {
    fn new(index: usize, outcome: &ItemOutcome) -> Self {
        let problems = match &outcome.status {
            ItemStatus::Rejected(problems) => problems.iter().map(EventProblem::from).collect(),
            ItemStatus::Accepted | ItemStatus::Duplicate | ItemStatus::Withheld => Vec::new(),
        };
        let id = outcome.id.as_ref().map(|id| ID::from(id.as_str()));
        let warnings = outcome.warnings.iter().map(EventProblem::from).collect();
        Self { index, id, status: EventStatus::of(&outcome.status), problems, warnings }
    }
}

/// A lot that something else holds.
#[derive(SimpleObject)]
pub struct StandingLot {
    /// The id of the lot.
    lot: ID,
    /// The other holds: those that name the lot first, then those that reach it.
    holds: Vec<LotHold>,
    /// Whether it waits for its release from inspection besides.
    inspection_due: bool,
}

impl From<&standing::StandingLot> for StandingLot {
    fn from(lot: &standing::StandingLot) -> Self {
        Self {
            lot: ID::from(lot.lot.as_str()),
            holds: lot.holds.iter().map(LotHold::from).collect(),
            inspection_due: lot.inspection_due,
        }
    }
}

/// What became of the events sent. Once it says accepted or duplicate, the event is in the ledger for good.
pub struct Receipt {
    report: Report,
    /// Those of them that hold or release lots.
    holding: Vec<Event>,
}

impl Receipt {
    /// What became of these events.
    pub(super) fn new(report: Report, events: Vec<Event>) -> Self {
        let holding =
            events.into_iter().filter(|event| matches!(event.fact, Fact::Hold(_) | Fact::Release(_)));
        Self { report, holding: holding.collect() }
    }

    fn count(&self, status: EventStatus) -> usize {
        self.report.count(|item| EventStatus::of(item) == status)
    }
}

/// What became of the events sent. Once it says accepted or duplicate, the event is in the ledger for good.
#[Object]
impl Receipt {
    /// The revision at which everything acknowledged here is visible.
    fn revision(&self) -> String {
        self.report.revision.to_string()
    }

    /// False when an atomic batch was refused: nothing of it was recorded.
    fn applied(&self) -> bool {
        self.report.applied
    }

    /// Events recorded now.
    fn accepted(&self) -> usize {
        self.count(EventStatus::Accepted)
    }

    /// Events recorded before, with the same content.
    fn duplicate(&self) -> usize {
        self.count(EventStatus::Duplicate)
    }

    /// Events refused.
    fn rejected(&self) -> usize {
        self.count(EventStatus::Rejected)
    }

    /// One outcome for each event, in the order sent.
    fn events(
        &self,
        #[graphql(desc = "Only events with one of these statuses; absent: all.")] status: Option<
            Vec<EventStatus>,
        >,
    ) -> Vec<EventOutcome> {
        let outcomes = self.report.outcomes.iter().enumerate();
        let wanted =
            |item: &ItemStatus| status.as_ref().is_none_or(|list| list.contains(&EventStatus::of(item)));
        outcomes.filter(|(_, o)| wanted(&o.status)).map(|(n, o)| EventOutcome::new(n, o)).collect()
    }

    /// What else holds the lots that these events hold or release, by lot, as it is now: other holds that name or reach them,
    /// and inspections. A lot that nothing else holds is not listed.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    async fn standing(
        &self,
        context: &Context<'_>,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
    ) -> Result<Vec<StandingLot>> {
        let first = page_size(first)?;
        let lookup = &services(context).questions.lookup;
        let found = standing::standing(lookup, caller(context), &self.holding).await?;
        Ok(found.iter().take(first as usize).map(StandingLot::from).collect())
    }
}
