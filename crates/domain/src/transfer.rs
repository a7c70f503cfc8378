//! Transfers: what a receipt brings had been shipped on record, by a plant whose events are in the same ledger.

use serde::{Deserialize, Serialize};

use super::identifier::{EventId, LotId};
use super::time::Timestamp;

/// How many shipments and receipts together may bear one document. A text that more of them bear tells none from the other,
/// so nothing is transferred by it.
pub const DOCUMENT_OPERATIONS_MAX: usize = 250;

/// A lot that a shipment on record had taken away, in what a receipt brings. No event states it: it follows from the shipment
/// and the receipt, which bear the same document and tell of the same lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// The place of what was received among the receipt's outputs.
    pub output: u32,
    /// The lot that it had left by the shipment.
    pub lot: LotId,
    /// The shipment.
    pub shipment: EventId,
    /// The first moment at which it can have left.
    pub earliest: Timestamp,
    /// The last moment at which it can have left.
    pub latest: Timestamp,
}
