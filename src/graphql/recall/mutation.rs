//! The mutations of recalls: opened, exercised, told of, recovered, closed.

use async_graphql::{Context, ID, InputObject, Object, Result};

use super::course::Recall;
use super::events::{CloseRecallInput, NotifyInput, RecallClass, RecoverInput};
use super::input::RecallScopeInput;
use crate::domain::{EventId, LotId, PartyCode, Text};
use crate::graphql::event::EventInput;
use crate::graphql::filters::read;
use crate::graphql::lot::Lot;
use crate::graphql::mutation::{record, sender};
use crate::graphql::operation::load_lots;
use crate::graphql::receipt::Receipt;
use crate::graphql::scalars::{Exact, Moment};
use crate::graphql::services;
use crate::service::ServiceResult;
use crate::service::recall::{Opened, Opening};

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
    async fn recall(&self) -> Recall {
        Recall::new(self.0.recall.clone())
    }

    /// Whether it was there before, with the same content: then nothing was recorded.
    async fn already_open(&self) -> bool {
        self.0.already
    }

    /// Lots that the causes touched while it was being opened: held by a hold of their own.
    async fn late_lots(&self, context: &Context<'_>) -> Result<Vec<Lot>> {
        load_lots(context, &self.0.late.iter().take(1_000).cloned().collect::<Vec<LotId>>()).await
    }

    /// How much of the affected quantities is accounted for, in percent: of the material that is accounted for least. Absent
    /// when nothing was measured.
    async fn accounted_percent(&self) -> Option<Exact> {
        self.0.answer.scope.accounted_percent().map(Into::into)
    }

    /// How long it took until the scope was known, in milliseconds: affected lots, where they are, customers.
    async fn scope_milliseconds(&self) -> u64 {
        u64::try_from(self.0.timing.scope.as_millis()).unwrap_or(u64::MAX)
    }

    /// How long it took until the recall was recorded and its lots were held, in milliseconds.
    async fn total_milliseconds(&self) -> u64 {
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
    /// about.
    async fn notify_customer(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Who was told, or confirmed.")] input: NotifyInput,
    ) -> Result<Receipt> {
        let (recall, customer) = input.names();
        let recall = read("recall", recall, EventId::parse)?;
        let customer = read("customer", customer, PartyCode::parse)?;
        services(context).recalls.check_customer(&recall, &customer).await?;
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

    /// Ends a recall. Its holds are released before.
    async fn close_recall(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which recall, and what it came to.")] input: CloseRecallInput,
    ) -> Result<Receipt> {
        record(context, vec![EventInput::CloseRecall(input)], true).await
    }
}

async fn open(context: &Context<'_>, input: OpenRecallInput, mock: bool) -> Result<OpenedRecall> {
    let opening = input.read(mock)?;
    let services = services(context);
    Ok(OpenedRecall(services.recalls.open(opening, &services.ingest, &sender()?).await?))
}
