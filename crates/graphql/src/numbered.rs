//! Any number in hand, and what it may be.

use std::sync::Arc;

use async_graphql::{Context, Enum, Result};

use super::answer::leaf;
use super::as_of::AsOfInput;
use super::connection::{page_cost, page_size};
use super::filters::read;
use super::lot::Lot;
use super::operation::Operation;
use super::{caller, services};
use lotgraph_domain::Text;
use lotgraph_graphql_macros::Object;
use lotgraph_service::numbers;

/// What of a lot a number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "lotgraph_service::numbers::NumberOf")]
pub enum NumberOf {
    /// The lot's id.
    Id,
    /// As printed on the lot.
    #[graphql(name = "NUMBER")]
    Printed,
    /// The supplier's own number for the lot.
    #[graphql(name = "SUPPLIER_LOT")]
    Supplier,
}

leaf!(NumberOf);

/// Everything that a number may be.
pub struct Numbered(numbers::Numbered);

/// Everything that a number may be.
#[Object]
impl Numbered {
    /// The lots, those that bear the number itself first.
    fn lots(&self) -> Vec<NumberedLot> {
        self.0.lots.iter().cloned().map(NumberedLot).collect()
    }

    /// How many lots bear it, or a longer number that has it in it.
    fn lot_count(&self) -> u64 {
        self.0.lot_count
    }

    /// The receipts and shipments with such a document, in the same way.
    fn operations(&self) -> Vec<NumberedOperation> {
        self.0.operations.iter().cloned().map(NumberedOperation).collect()
    }

    /// How many of them were found.
    fn operation_count(&self) -> u64 {
        self.0.operation_count
    }

    /// Whether there are more lots, or more receipts and shipments, than were looked through.
    fn is_cut(&self) -> bool {
        self.0.cut
    }
}

/// A lot that a number may be.
pub struct NumberedLot(numbers::NumberedLot);

/// A lot that a number may be.
#[Object]
impl NumberedLot {
    /// The lot.
    fn lot(&self) -> Lot {
        Lot(Arc::new(self.0.lot.clone()))
    }

    /// What of it the number is, or is a part of.
    fn by(&self) -> NumberOf {
        self.0.by.into()
    }

    /// Whether it is the whole number, whatever the case; else a part of a longer one.
    fn whole(&self) -> bool {
        self.0.whole
    }
}

/// A receipt or shipment whose document a number may be.
pub struct NumberedOperation(numbers::NumberedOperation);

/// A receipt or shipment whose document a number may be.
#[Object]
impl NumberedOperation {
    /// The operation.
    fn operation(&self) -> Operation {
        Operation(Arc::new(self.0.operation.clone()))
    }

    /// Whether it is the whole number of the document, whatever the case.
    fn whole(&self) -> bool {
        self.0.whole
    }
}

/// Finds what a number in hand is.
#[derive(Default)]
pub struct NumberQuery;

#[Object]
impl NumberQuery {
    /// Whatever a number in hand may be, ignoring case: a lot by its id, its printed number or the supplier's number, and
    /// receipts and shipments by their document. A part of the number is enough.
    #[graphql(complexity = "200 + page_cost(first, child_complexity)")]
    async fn find_number(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What was read or scanned.")] text: String,
        #[graphql(default = 20, desc = "At most this many lots, and as many operations, 1 to 1000.")]
        first: i32,
        #[graphql(name = "asOf", desc = "Which state of the ledger; absent: the current one.")]
        _as_of: Option<AsOfInput>,
    ) -> Result<Numbered> {
        let text = read("text", text.trim(), Text::parse)?;
        let first = page_size(first)?;
        let lookup = &services(context).questions.lookup;
        Ok(Numbered(numbers::numbered(lookup, caller(context), &text, first as usize).await?))
    }
}
