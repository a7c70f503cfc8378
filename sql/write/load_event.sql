-- Purpose: an event already in the ledger, for the judgement of a batch.
-- ?1 id: TEXT
-- Returns: at most one row: key, body, commit_id, id of the void event or NULL.
-- Why so:  one probe of a unique index; in a bulk load nearly all of them miss and cost nothing more.
SELECT event.key, event.body, revision.commit_id, void.id
FROM event
JOIN revision ON revision.number = event.revision
LEFT JOIN operation ON operation.key = event.key
LEFT JOIN event AS void ON void.key = operation.voided_by
WHERE event.id = ?1;
