// Indexes shipments and receipts by their document, and inside it by id.
// Returns: nothing
// Why: A receipt and the shipment that it carries on bear the same document.
CREATE INDEX index_operation_document IF NOT EXISTS FOR (n:Operation) ON (n.document, n.id)
