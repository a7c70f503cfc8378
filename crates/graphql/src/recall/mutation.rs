//! The mutations of recalls: opened, exercised, told of, recovered, closed.

use async_graphql::{Context, ID, InputObject, Result};

use super::course::Recall;
use super::events::{
    AddToRecallInput, CloseRecallInput, NotifyAllInput, NotifyInput, RecallClass, RecoverInput,
    ReopenRecallInput,
};
use super::input::RecallScopeInput;
use crate::connection::{page_cost, page_size};
use crate::enums::Disposition;
use crate::event::EventInput;
use crate::filters::read;
use crate::lot::Lot;
use crate::mutation::{record, record_read};
use crate::operation::load_lots;
use crate::receipt::{Receipt, StandingLot};
use crate::scalars::{Exact, Moment};
use crate::{caller, services};
use lotgraph_domain::{Event, EventId, LotId, Text};
use lotgraph_graphql_macros::Object;
use lotgraph_service::recall::{Opened, Opening, Telling};
use lotgraph_service::{ServiceError, ServiceResult};

/// Opens a recall.
#[derive(InputObject)]
pub struct OpenRecallInput {
    /// The id of the recall; absent: derived from its content. Sending the same again under the same id changes nothing.
    id: Option<ID>,
    /// When it was decided.
    at: Moment,
    /// Why.
    reason: String,
    /// What sort of trouble it is.
    category: Option<String>,
    /// How dangerous the goods are.
    class: Option<RecallClass>,
    /// What it looks for.
    scope: RecallScopeInput,
}

impl OpenRecallInput {
    fn read(self, mock: bool) -> ServiceResult<Opening> {
        Ok(Opening {
            id: self.id.map(|id| read("id", &id, EventId::parse)).transpose()?,
            at: self.at.0,
            reason: read("reason", &self.reason, Text::parse)?,
            category: self.category.map(|text| read("category", &text, Text::parse)).transpose()?,
            class: self.class.map(Into::into),
            mock,
            scope: self.scope.read()?,
        })
    }
}

/// A recall that was opened.
pub struct OpenedRecall(Opened);

/// A recall that was opened.
#[Object]
impl OpenedRecall {
    /// The recall.
    fn recall(&self) -> Recall {
        Recall::new(self.0.recall.clone())
    }

    /// Whether it was there before, with the same content: then nothing was recorded.
    fn already_open(&self) -> bool {
        self.0.already
    }

    /// Lots that the causes touched while it was being opened: held by a hold of their own.
    async fn late_lots(&self, context: &Context<'_>) -> Result<Vec<Lot>> {
        load_lots(context, &self.0.late.iter().take(1_000).cloned().collect::<Vec<LotId>>()).await
    }

    /// What else holds the lots that it holds, by lot: other holds that name or reach them, and inspections. A lot that nothing
    /// else holds is not listed.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    fn standing(
        &self,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
    ) -> Result<Vec<StandingLot>> {
        let first = page_size(first)?;
        Ok(self.0.standing.iter().take(first as usize).map(StandingLot::from).collect())
    }

    /// How much of the affected quantities is accounted for, in percent: of the material that is accounted for least. Absent
    /// when nothing was measured.
    fn accounted_percent(&self) -> Option<Exact> {
        self.0.answer.scope.accounted_percent().map(Into::into)
    }

    /// How long it took until the scope was known, in milliseconds: affected lots, where they are, customers.
    fn scope_milliseconds(&self) -> u64 {
        u64::try_from(self.0.timing.scope.as_millis()).unwrap_or(u64::MAX)
    }

    /// How long it took until the recall was recorded and its lots were held, in milliseconds.
    fn total_milliseconds(&self) -> u64 {
        u64::try_from(self.0.timing.total.as_millis()).unwrap_or(u64::MAX)
    }
}

/// Recalls.
#[derive(Default)]
pub struct RecallMutation;

#[Object]
impl RecallMutation {
    /// Opens a recall: freezes its scope, and holds the lots that it starts from and all that is made of them.
    #[graphql(complexity = "200 + child_complexity")]
    async fn open_recall(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What is recalled, and why.")] input: OpenRecallInput,
    ) -> Result<OpenedRecall> {
        open(context, input, false).await
    }

    /// Exercises a recall: the same without holds, and measured.
    #[graphql(complexity = "200 + child_complexity")]
    async fn mock_recall(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What would be recalled, and why.")] input: OpenRecallInput,
    ) -> Result<OpenedRecall> {
        open(context, input, true).await
    }

    /// Records that a customer was told of a recall, or confirmed it. The customer must have received something that it is
    /// about, unless the input says that it is meant all the same.
    async fn notify_customer(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Who was told, or confirmed.")] input: NotifyInput,
    ) -> Result<Receipt> {
        record(context, vec![EventInput::Notify(input)], true).await
    }

    /// Records that recalled goods came back, or were made harmless where they were.
    async fn record_recovery(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What was recovered.")] input: RecoverInput,
    ) -> Result<Receipt> {
        record(context, vec![EventInput::Recover(input)], true).await
    }

    /// Records that all affected customers were told who were not told yet, each by an event of its own: a refused one does not
    /// keep the others back. Without anybody left to tell, nothing is recorded.
    #[graphql(complexity = "200 + child_complexity")]
    async fn notify_all_customers(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Of which recall, and how.")] input: NotifyAllInput,
    ) -> Result<Receipt> {
        let text = |name, text: Option<String>| text.map(|text| read(name, &text, Text::parse)).transpose();
        let telling = Telling {
            recall: read("recall", &input.recall, EventId::parse)?,
            at: input.at.0,
            channel: text("channel", input.channel)?,
            note: text("note", input.note)?,
        };
        let events = services(context).recalls.telling_all(caller(context), &telling).await?;
        record_read(context, events, false).await
    }

    /// Takes further lots into a recall that is under way: its scope as it is now has them, and they are held with all that is
    /// made of them.
    async fn add_to_recall(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which lots, and why.")] input: AddToRecallInput,
    ) -> Result<Receipt> {
        let event = event(EventInput::AddToRecall(input))?;
        let events = services(context).recalls.with_hold(caller(context), event).await?;
        record_read(context, events, true).await
    }

    /// Ends a recall. Its holds are released before, or with it when it is said what is to become of the lots.
    async fn close_recall(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which recall, and what it came to.")] input: CloseRecallInput,
        #[graphql(desc = "Releases all its holds in the same batch: what is to become of the lots.")]
        release: Option<Disposition>,
    ) -> Result<Receipt> {
        let Some(disposition) = release else {
            return record(context, vec![EventInput::CloseRecall(input)], true).await;
        };
        let event = event(EventInput::CloseRecall(input))?;
        let recalls = &services(context).recalls;
        let events = recalls.with_releases(caller(context), event, disposition.into()).await?;
        record_read(context, events, true).await
    }

    /// Takes up a recall again that was ended: customers can be told, goods recovered, and it is ended anew.
    async fn reopen_recall(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which recall, and why.")] input: ReopenRecallInput,
    ) -> Result<Receipt> {
        record(context, vec![EventInput::ReopenRecall(input)], true).await
    }
}

/// Reads a typed event.
fn event(input: EventInput) -> ServiceResult<Event> {
    let event = input.into_json().and_then(|json| lotgraph_format::event::parse(&json));
    event.map_err(ServiceError::of_problems)
}

async fn open(context: &Context<'_>, input: OpenRecallInput, mock: bool) -> Result<OpenedRecall> {
    let opening = input.read(mock)?;
    let services = services(context);
    Ok(OpenedRecall(services.recalls.open(caller(context), opening, &services.recorder).await?))
}
