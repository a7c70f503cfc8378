-- Purpose: a page of the operations that a resource took part in, under a filter.
-- ?1 after end: INTEGER
-- ?2 after id: TEXT
-- ?3 before: INTEGER
-- ?4 kinds: TEXT or NULL, a JSON array
-- ?5 name: TEXT or NULL
-- ?6 voided: INTEGER or NULL, 0 or 1
-- ?7 resource: INTEGER
-- ?8 second resource: INTEGER or NULL
-- ?9 third resource: INTEGER or NULL
-- ?10 fourth resource: INTEGER or NULL
-- ?11 limit: INTEGER
-- ?12 started before: INTEGER or NULL
-- ?13 equipment: TEXT or NULL, a JSON array of keys
-- Returns: rows: id, body, id and body of the void event or NULL, names or NULL; by (end, id).
-- Why so:  walks the range of one resource by end and probes for the others; only operations of the same
--          moment are sorted.
SELECT event.id, event.body, void.id, void.body, operation.names
FROM participation AS part
CROSS JOIN operation ON operation.key = part.operation
JOIN event ON event.key = operation.key
LEFT JOIN event AS void ON void.key = operation.voided_by
WHERE part.resource = ?7 AND part.ended >= ?1 AND part.ended < ?3
    AND (part.ended > ?1 OR operation.id > ?2)
    AND (?4 IS NULL OR operation.kind IN (SELECT value FROM json_each(?4)))
    AND (?5 IS NULL OR operation.name = ?5)
    AND (?6 IS NULL OR (operation.voided_by IS NOT NULL) = ?6)
    AND (?8 IS NULL OR EXISTS (
        SELECT 1 FROM participation
        WHERE participation.resource = ?8
            AND participation.ended = operation.ended
            AND participation.operation = operation.key
    ))
    AND (?9 IS NULL OR EXISTS (
        SELECT 1 FROM participation
        WHERE participation.resource = ?9
            AND participation.ended = operation.ended
            AND participation.operation = operation.key
    ))
    AND (?10 IS NULL OR EXISTS (
        SELECT 1 FROM participation
        WHERE participation.resource = ?10
            AND participation.ended = operation.ended
            AND participation.operation = operation.key
    ))
    AND (?12 IS NULL OR operation.started < ?12)
    AND (?13 IS NULL OR EXISTS (
        SELECT 1 FROM participation
        WHERE participation.resource IN (SELECT value FROM json_each(?13))
            AND participation.ended = operation.ended
            AND participation.operation = operation.key
    ))
ORDER BY part.ended, operation.id
LIMIT ?11;
