-- Purpose: a page of operations under a filter that names no resource.
-- ?1 after end: INTEGER
-- ?2 after id: TEXT
-- ?3 before: INTEGER
-- ?4 kinds: TEXT or NULL, a JSON array
-- ?5 name: TEXT or NULL
-- ?6 voided: INTEGER or NULL, 0 or 1
-- ?7 limit: INTEGER
-- ?8 started before: INTEGER or NULL
-- ?9 equipment: TEXT or NULL, a JSON array of keys
-- Returns: rows: id, body, id and body of the void event or NULL, names or NULL; by (end, id).
-- Why so:  walks operation_by_end in the order of the answer and stops when the page is full.
SELECT event.id, event.body, void.id, void.body, operation.names
FROM operation INDEXED BY operation_by_end
JOIN event ON event.key = operation.key
LEFT JOIN event AS void ON void.key = operation.voided_by
WHERE (operation.ended, operation.id) > (?1, ?2) AND operation.ended < ?3
    AND (?4 IS NULL OR operation.kind IN (SELECT value FROM json_each(?4)))
    AND (?5 IS NULL OR operation.name = ?5)
    AND (?6 IS NULL OR (operation.voided_by IS NOT NULL) = ?6)
    AND (?8 IS NULL OR operation.started < ?8)
    AND (?9 IS NULL OR EXISTS (
        SELECT 1 FROM participation
        WHERE participation.resource IN (SELECT value FROM json_each(?9))
            AND participation.ended = operation.ended
            AND participation.operation = operation.key
    ))
ORDER BY operation.ended, operation.id
LIMIT ?7;
