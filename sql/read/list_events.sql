-- Purpose: the ledger behind a key.
-- ?1 after key: INTEGER
-- ?2 limit: INTEGER
-- Returns: rows by key: revision, place inside the revision from 1, recorded_at, actor, source, id, body.
-- Why so:  one range of the table, in order.
SELECT revision.number, event.key - revision.first_event + 1, revision.recorded_at, revision.actor,
    revision.source, event.id, event.body
FROM event
JOIN revision ON revision.number = event.revision
WHERE event.key > ?1
ORDER BY event.key
LIMIT ?2;
