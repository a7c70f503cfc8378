//! The mutations: all of them record events through the one write door.

use async_graphql::{Context, Object, Result};

use super::alert::AcknowledgeInput;
use super::event::{EventInput, OperationInput, ReceiveInput, ScrapInput, ShipInput, VoidInput};
use super::hold::{HoldInput, OverrideInput, ReleaseInput};
use super::receipt::Receipt;
use super::services;
use super::stock::{CleanInput, CountInput};
use crate::domain::Text;
use crate::format;
use crate::service::ServiceError;
use crate::service::ingest::Sender;

/// Records what happened. Nothing is ever edited or deleted: a mistake is voided.
#[derive(Default)]
pub struct PlantMutation;

pub(super) async fn record(context: &Context<'_>, events: Vec<EventInput>, atomic: bool) -> Result<Receipt> {
    let items =
        events.into_iter().map(|event| event.into_json().and_then(|json| format::event::parse(&json)));
    let report = services(context).ingest.record(items.collect(), atomic, &sender()?).await?;
    Ok(Receipt(report))
}

pub(super) fn sender() -> Result<Sender, ServiceError> {
    let text = |text: &str| {
        Text::parse(text)
            .map_err(|error| ServiceError::new(crate::domain::ErrorCode::Internal, error.to_string()))
    };
    Ok(Sender { actor: text("anonymous")?, source: text("graphql")? })
}

/// Records what happened. Nothing is ever edited or deleted: a mistake is voided.
#[Object]
impl PlantMutation {
    /// Records events. Sending the same events again changes nothing, so a request without an answer is safely repeated.
    async fn record_events(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The events, in order; each is judged knowing those before it.")] events: Vec<
            EventInput,
        >,
        #[graphql(
            default = true,
            desc = "Whether one refused event refuses them all; false keeps the good ones."
        )]
        atomic: bool,
    ) -> Result<Receipt> {
        record(context, events, atomic).await
    }

    /// Records that lots arrived from a supplier.
    async fn receive_lot(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What arrived.")] input: ReceiveInput,
    ) -> Result<Receipt> {
        record(context, vec![EventInput::Receive(input)], true).await
    }

    /// Records that a step was executed.
    async fn record_operation(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What was done.")] input: OperationInput,
    ) -> Result<Receipt> {
        record(context, vec![EventInput::Operation(input)], true).await
    }

    /// Records that lots left to a customer.
    async fn ship_lots(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What left.")] input: ShipInput,
    ) -> Result<Receipt> {
        record(context, vec![EventInput::Ship(input)], true).await
    }

    /// Records that lots were thrown away.
    async fn scrap_lots(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What was thrown away.")] input: ScrapInput,
    ) -> Result<Receipt> {
        record(context, vec![EventInput::Scrap(input)], true).await
    }

    /// Records that lots (tanks, silos) were emptied and cleaned: what was in them before does not lead on after.
    async fn clean_lots(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What was cleaned.")] input: CleanInput,
    ) -> Result<Receipt> {
        record(context, vec![EventInput::Clean(input)], true).await
    }

    /// Records what stocktaking found on hand.
    async fn count_lots(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What was found.")] input: CountInput,
    ) -> Result<Receipt> {
        record(context, vec![EventInput::Count(input)], true).await
    }

    /// Withdraws an earlier operation from the genealogy.
    async fn void_event(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What is withdrawn, and why.")] input: VoidInput,
    ) -> Result<Receipt> {
        record(context, vec![EventInput::Void(input)], true).await
    }

    /// Puts lots into quarantine: from the receipt on, nothing draws from them.
    async fn hold_lots(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What is held, and why.")] input: HoldInput,
    ) -> Result<Receipt> {
        record(context, vec![EventInput::Hold(input)], true).await
    }

    /// Ends a hold, or releases lots from inspection.
    async fn release_hold(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What is released, and what is to become of it.")] input: ReleaseInput,
    ) -> Result<Receipt> {
        record(context, vec![EventInput::Release(input)], true).await
    }

    /// Lets one operation, still to come, draw from lots that must stay where they are.
    async fn override_hold(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which operation, which lots, and why.")] input: OverrideInput,
    ) -> Result<Receipt> {
        record(context, vec![EventInput::Override(input)], true).await
    }

    /// Takes note of an alert.
    async fn acknowledge_alert(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which alert, and what is to be said about it.")] input: AcknowledgeInput,
    ) -> Result<Receipt> {
        record(context, vec![EventInput::Acknowledge(input)], true).await
    }
}
