//! Cleaning and stocktaking as typed input.

use async_graphql::{ID, InputObject};
use serde::Serialize;

use super::event::CircumstancesInput;
use super::scalars::{Exact, Moment};

/// Lots (tanks, silos) are emptied and cleaned.
#[derive(InputObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CleanInput {
    /// The event's id; absent: derived from the content.
    id: Option<ID>,
    /// When cleaning started; absent: at `at`.
    started_at: Option<Moment>,
    /// When it was done.
    at: Moment,
    /// Why.
    reason: Option<String>,
    /// A document about it.
    document: Option<String>,
    /// The ids of the lots cleaned.
    lots: Vec<ID>,
    #[graphql(flatten)]
    #[serde(flatten)]
    circumstances: CircumstancesInput,
}

/// What is on hand of lots is measured.
#[derive(InputObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CountInput {
    /// The event's id; absent: derived from the content.
    id: Option<ID>,
    /// When counting started; absent: at `at`.
    started_at: Option<Moment>,
    /// When it was done: what was found is compared with what flowed until then.
    at: Moment,
    /// Why.
    reason: Option<String>,
    /// A document about it.
    document: Option<String>,
    /// What was found.
    lots: Vec<CountedLotInput>,
    #[graphql(flatten)]
    #[serde(flatten)]
    circumstances: CircumstancesInput,
}

/// What was found of a lot.
#[derive(InputObject, Serialize)]
pub struct CountedLotInput {
    /// The lot's id.
    lot: ID,
    /// How much was there; zero when nothing was.
    quantity: Exact,
    /// The unit of `quantity`.
    unit: String,
}
