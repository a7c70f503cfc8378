-- Purpose: finds the shipments and receipts that bear a document.
-- Returns: nothing.
-- Why so:  a receipt and the shipment that it carries on bear the same; operations without one stay out of it.
CREATE INDEX IF NOT EXISTS operation_by_document ON operation (document, id) WHERE document IS NOT NULL;
