//! Returns as typed input: lots come back from a customer.

use async_graphql::{ID, InputObject};
use serde::Serialize;

use super::event::{AttributeInput, CircumstancesInput};
use super::scalars::{Exact, Moment};

/// Lots come back from a customer.
#[derive(InputObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReturnInput {
    /// The event's id; absent: derived from the content.
    id: Option<ID>,
    /// When unloading started; absent: at `at`.
    started_at: Option<Moment>,
    /// When the lots came back.
    at: Moment,
    /// The code of the customer who sends them back.
    customer: ID,
    /// The id of the event of the shipment that brought them there, when it is known.
    shipment: Option<ID>,
    /// The return note, the number of the complaint …
    document: Option<String>,
    /// Why they come back.
    reason: Option<String>,
    /// The lots that come back.
    outputs: Vec<ReturnedLotInput>,
    #[graphql(flatten)]
    #[serde(flatten)]
    circumstances: CircumstancesInput,
}

/// A lot that comes back.
#[derive(InputObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReturnedLotInput {
    /// The id of the lot that it comes back into.
    lot: ID,
    /// The id of the lot that was shipped, when it comes back into another one.
    shipped_as: Option<ID>,
    /// The code of its material; absent: the one already known.
    material: Option<ID>,
    /// How much came back, with `unit`; absent when nobody measured.
    quantity: Option<Exact>,
    /// The unit of `quantity`.
    unit: Option<String>,
    /// When exactly; absent: some time during the return.
    at: Option<Moment>,
    /// The number printed on it, when that is not its id.
    number: Option<String>,
    /// Further facts about the lot.
    attributes: Option<Vec<AttributeInput>>,
}
