-- Purpose: how many operations of each kind a resource took part in, under a filter.
-- ?1 from: INTEGER
-- ?2 before: INTEGER
-- ?3 kinds: TEXT or NULL, a JSON array
-- ?4 name: TEXT or NULL
-- ?5 voided: INTEGER or NULL, 0 or 1
-- ?6 resource: INTEGER
-- ?7 second resource: INTEGER or NULL
-- ?8 third resource: INTEGER or NULL
-- ?9 fourth resource: INTEGER or NULL
-- ?10 started before: INTEGER or NULL
-- ?11 equipment: TEXT or NULL, a JSON array of keys
-- Returns: rows: kind, count; in no order.
-- Why so:  walks the range of one resource and probes for the others.
SELECT operation.kind, count(*)
FROM participation AS part
CROSS JOIN operation ON operation.key = part.operation
WHERE part.resource = ?6 AND part.ended >= ?1 AND part.ended < ?2
    AND (?3 IS NULL OR operation.kind IN (SELECT value FROM json_each(?3)))
    AND (?4 IS NULL OR operation.name = ?4)
    AND (?5 IS NULL OR (operation.voided_by IS NOT NULL) = ?5)
    AND (?7 IS NULL OR EXISTS (
        SELECT 1 FROM participation
        WHERE participation.resource = ?7
            AND participation.ended = operation.ended
            AND participation.operation = operation.key
    ))
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
    AND (?10 IS NULL OR operation.started < ?10)
    AND (?11 IS NULL OR EXISTS (
        SELECT 1 FROM participation
        WHERE participation.resource IN (SELECT value FROM json_each(?11))
            AND participation.ended = operation.ended
            AND participation.operation = operation.key
    ))
GROUP BY operation.kind;
