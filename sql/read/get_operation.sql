-- Purpose: one operation by id.
-- ?1 id: TEXT
-- Returns: at most one row: id, body, id and body of the void event or NULL, names or NULL.
-- Why so:  the event is the operation; only the void is looked up besides.
SELECT event.id, event.body, void.id, void.body, operation.names
FROM event
JOIN operation ON operation.key = event.key
LEFT JOIN event AS void ON void.key = operation.voided_by
WHERE event.id = ?1;
