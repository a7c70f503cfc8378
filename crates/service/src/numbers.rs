//! Any number in hand: which lots and which documents it may be, whatever its case.
//!
//! Lots are found by their id, the number printed on them, and the supplier's number. Documents are found by looking through
//! receipts and shipments in order of time: no store has an index of them, so there is a bound, and the answer says whether it
//! was reached.

use futures::future::BoxFuture;

use crate::ServiceResult;
use crate::lookup::{Lookup, Reading};
use lotgraph_domain::{Caller, Lot, Node, OperationKind, RecordedOperation, Text};
use lotgraph_store::{Find, FindKey, LotFilter, OperationFilter, Tally, What};

/// The most lots that are looked through for those that bear the number itself.
pub const LOTS_MAX: usize = 20_000;
/// The most receipts and shipments that are looked through.
pub const DOCUMENTS_MAX: usize = 250_000;
/// Operations read at once: bounds the memory that their full records take.
const OPERATIONS_AT_ONCE: u32 = 5_000;

/// What of a lot or an operation a number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NumberOf {
    /// The lot's id.
    Id,
    /// As printed on the lot.
    Printed,
    /// The supplier's own number for the lot.
    Supplier,
}

impl NumberOf {
    /// The name as answers write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Id => "ID",
            Self::Printed => "NUMBER",
            Self::Supplier => "SUPPLIER_LOT",
        }
    }
}

/// A lot that a number may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberedLot {
    /// The lot.
    pub lot: Lot,
    /// What of it the number is, or is a part of.
    pub by: NumberOf,
    /// Whether it is the whole number, whatever the case; else a part of a longer one.
    pub whole: bool,
}

/// A receipt or shipment whose document a number may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberedOperation {
    /// The operation.
    pub operation: RecordedOperation,
    /// Whether it is the whole number of the document, whatever the case.
    pub whole: bool,
}

/// Everything that a number may be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Numbered {
    /// The lots, those that bear the number itself first, at most as many as asked for.
    pub lots: Vec<NumberedLot>,
    /// How many lots bear it, or a longer number that has it in it.
    pub lot_count: u64,
    /// The receipts and shipments with such a document, in the same way.
    pub operations: Vec<NumberedOperation>,
    /// How many of them were found.
    pub operation_count: u64,
    /// Whether there are more lots, or more receipts and shipments, than were looked through.
    pub cut: bool,
}

/// Looks a number up: at most `first` of either kind.
///
/// # Errors
/// The store's.
pub fn numbered<'a>(
    lookup: &'a Lookup,
    caller: &'a Caller,
    number: &'a Text,
    first: usize,
) -> BoxFuture<'a, ServiceResult<Numbered>> {
    Box::pin(async move {
        let mut found = Numbered::default();
        let reading = lookup.by(caller);
        lots(reading, number, first, &mut found).await?;
        operations(reading, number, first, &mut found).await?;
        Ok(found)
    })
}

/// The lots that bear a number whole, whatever its case, at most `first`.
///
/// # Errors
/// The store's.
pub fn lots_numbered<'a>(
    lookup: &'a Lookup,
    caller: &'a Caller,
    number: &'a Text,
    first: usize,
) -> BoxFuture<'a, ServiceResult<Vec<Lot>>> {
    Box::pin(async move {
        let mut found = Numbered::default();
        lots(lookup.by(caller), number, first, &mut found).await?;
        Ok(found.lots.into_iter().filter(|of| of.whole).map(|of| of.lot).collect())
    })
}

async fn lots(reading: Reading<'_>, number: &Text, first: usize, found: &mut Numbered) -> ServiceResult<()> {
    let asked = number.as_str().to_lowercase();
    let what = What::Lots(LotFilter { text: Some(number.clone()), ..LotFilter::default() });
    let counts = reading.tally(&Tally::Count(what.clone())).await?;
    found.lot_count = counts.iter().map(|bucket| bucket.count).sum();
    let (mut parts, mut looked_at, mut after) = (Vec::new(), 0, None);
    loop {
        let page =
            reading.find(&Find { what: what.clone(), after, first: reading.limits().page_max }).await?;
        after = page.items.last().filter(|_| page.more).map(FindKey::of);
        looked_at += page.items.len();
        for node in page.items {
            let Node::Lot(lot) = node else { continue };
            let Some((by, whole)) = number_of(&lot, &asked) else { continue };
            let into = if whole { &mut found.lots } else { &mut parts };
            if into.len() < first {
                into.push(NumberedLot { lot: *lot, by, whole });
            }
        }
        if after.is_none() {
            break;
        }
        if looked_at >= LOTS_MAX {
            found.cut = true;
            break;
        }
    }
    let room = first.saturating_sub(found.lots.len());
    found.lots.extend(parts.into_iter().take(room));
    Ok(())
}

/// What of a lot a number is in lower case, the whole of it before a part.
fn number_of(lot: &Lot, asked: &str) -> Option<(NumberOf, bool)> {
    let numbers = [
        (NumberOf::Id, Some(lot.id.as_str())),
        (NumberOf::Printed, lot.number.as_ref().map(Text::as_str)),
        (NumberOf::Supplier, lot.supplier_lot.as_ref().map(Text::as_str)),
    ];
    let numbers = numbers.map(|(by, number)| (by, number.map(str::to_lowercase)));
    let fits = |whole: bool| {
        let mut of = numbers.iter().filter(|(_, number)| {
            number.as_ref().is_some_and(|number| if whole { number == asked } else { number.contains(asked) })
        });
        of.next().map(|(by, _)| (*by, whole))
    };
    fits(true).or_else(|| fits(false))
}

async fn operations(
    reading: Reading<'_>,
    number: &Text,
    first: usize,
    found: &mut Numbered,
) -> ServiceResult<()> {
    let asked = number.as_str().to_lowercase();
    let kinds = Some(vec![OperationKind::Receive, OperationKind::Ship]);
    let what = What::Operations(OperationFilter { kinds, ..OperationFilter::default() });
    let (mut parts, mut looked_at, mut after) = (Vec::new(), 0, None);
    loop {
        let at_once = OPERATIONS_AT_ONCE.min(reading.limits().page_max);
        let page = reading.find(&Find { what: what.clone(), after, first: at_once }).await?;
        after = page.items.last().filter(|_| page.more).map(FindKey::of);
        looked_at += page.items.len();
        for node in page.items {
            let Node::Operation(operation) = node else { continue };
            let Some(document) = operation.operation.document.as_ref() else { continue };
            let document = document.as_str().to_lowercase();
            if !document.contains(&asked) {
                continue;
            }
            let whole = document == asked;
            found.operation_count += 1;
            let into = if whole { &mut found.operations } else { &mut parts };
            if into.len() < first {
                into.push(NumberedOperation { operation: *operation, whole });
            }
        }
        if after.is_none() {
            break;
        }
        if looked_at >= DOCUMENTS_MAX {
            found.cut = true;
            break;
        }
    }
    let room = first.saturating_sub(found.operations.len());
    found.operations.extend(parts.into_iter().take(room));
    Ok(())
}
