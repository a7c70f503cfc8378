//! The mutations: all of them record events through the one write door.

use async_graphql::{Context, Result};

use super::alert::AcknowledgeInput;
use super::errors::nothing_recorded;
use super::event::{EventInput, OperationInput, ReceiveInput, ScrapInput, ShipInput, VoidInput};
use super::hold::{HoldInput, OverrideInput, ReleaseInput};
use super::receipt::Receipt;
use super::returns::ReturnInput;
use super::stock::{CleanInput, CountInput};
use super::{caller, services};
use lotgraph_domain::Event;
use lotgraph_format as format;
use lotgraph_graphql_macros::Object;
use lotgraph_service::recorder::{ItemStatus, ReadItem, Report};

/// Records what happened. Nothing is ever edited or deleted: a mistake is voided.
#[derive(Default)]
pub struct PlantMutation;

pub(super) async fn record(context: &Context<'_>, events: Vec<EventInput>, atomic: bool) -> Result<Receipt> {
    let items =
        events.into_iter().map(|event| event.into_json().and_then(|json| format::event::parse(&json)));
    record_items(context, items.collect(), atomic).await
}

/// Records events that were read already; none at all is no error here.
pub(super) async fn record_read(context: &Context<'_>, events: Vec<Event>, atomic: bool) -> Result<Receipt> {
    if events.is_empty() {
        let revision = services(context).questions.lookup.revision(caller(context)).await?;
        return Ok(Receipt::new(Report { revision, applied: true, outcomes: Vec::new() }, Vec::new()));
    }
    record_items(context, events.into_iter().map(Ok).collect(), atomic).await
}

async fn record_items(context: &Context<'_>, items: Vec<ReadItem>, atomic: bool) -> Result<Receipt> {
    let events = items.iter().filter_map(|item| item.as_ref().ok()).cloned().collect();
    let report = services(context).recorder.record(items, atomic, caller(context)).await?;
    let recorded = |status: &ItemStatus| matches!(status, ItemStatus::Accepted | ItemStatus::Duplicate);
    if report.count(recorded) == 0 {
        return Err(nothing_recorded(&report));
    }
    Ok(Receipt::new(report, events))
}

/// Records what happened. Nothing is ever edited or deleted: a mistake is voided.
#[Object]
impl PlantMutation {
    /// Records events. Sending the same events again changes nothing, so a request without an answer is safely repeated.
    /// When none is recorded that is an error, whose extensions say why each was refused.
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

    /// Records that lots came back from a customer.
    async fn return_lots(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What came back, and from whom.")] input: ReturnInput,
    ) -> Result<Receipt> {
        record(context, vec![EventInput::Return(input)], true).await
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
