//! Receipts: what became of each event sent.

use async_graphql::{Enum, ID, Object, SimpleObject};

use crate::domain::Problem;
use crate::service::ingest::{ItemOutcome, ItemStatus, Report};

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

/// Something wrong with an event.
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
}

impl EventOutcome {
    fn new(index: usize, outcome: &ItemOutcome) -> Self {
        let problems = match &outcome.status {
            ItemStatus::Rejected(problems) => problems.iter().map(EventProblem::from).collect(),
            ItemStatus::Accepted | ItemStatus::Duplicate | ItemStatus::Withheld => Vec::new(),
        };
        let id = outcome.id.as_ref().map(|id| ID::from(id.as_str()));
        Self { index, id, status: EventStatus::of(&outcome.status), problems }
    }
}

/// What became of the events sent. Once it says accepted or duplicate, the event is in the ledger for good.
pub struct Receipt(pub(super) Report);

impl Receipt {
    fn count(&self, status: EventStatus) -> usize {
        self.0.count(|item| EventStatus::of(item) == status)
    }
}

/// What became of the events sent. Once it says accepted or duplicate, the event is in the ledger for good.
#[Object]
impl Receipt {
    /// The revision at which everything acknowledged here is visible.
    async fn revision(&self) -> String {
        self.0.revision.to_string()
    }

    /// False when an atomic batch was refused: nothing of it was recorded.
    async fn applied(&self) -> bool {
        self.0.applied
    }

    /// Events recorded now.
    async fn accepted(&self) -> usize {
        self.count(EventStatus::Accepted)
    }

    /// Events recorded before, with the same content.
    async fn duplicate(&self) -> usize {
        self.count(EventStatus::Duplicate)
    }

    /// Events refused.
    async fn rejected(&self) -> usize {
        self.count(EventStatus::Rejected)
    }

    /// One outcome for each event, in the order sent.
    async fn events(
        &self,
        #[graphql(desc = "Only events with one of these statuses; absent: all.")] status: Option<
            Vec<EventStatus>,
        >,
    ) -> Vec<EventOutcome> {
        let outcomes = self.0.outcomes.iter().enumerate();
        let wanted =
            |item: &ItemStatus| status.as_ref().is_none_or(|list| list.contains(&EventStatus::of(item)));
        outcomes.filter(|(_, o)| wanted(&o.status)).map(|(n, o)| EventOutcome::new(n, o)).collect()
    }
}
