-- Purpose: the shipments and receipts, not withdrawn, that bear a document.
-- ?1 document: TEXT
-- ?2 limit: INTEGER
-- Returns: rows by id: id, kind.
-- Why so:  one range of its index, in its order.
SELECT id, kind FROM operation INDEXED BY operation_by_document
WHERE document = ?1
ORDER BY id
LIMIT ?2;
