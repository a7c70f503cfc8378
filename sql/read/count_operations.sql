-- Purpose: how many operations of each kind pass a filter that names no resource.
-- ?1 from: INTEGER
-- ?2 before: INTEGER
-- ?3 kinds: TEXT or NULL, a JSON array
-- ?4 name: TEXT or NULL
-- ?5 voided: INTEGER or NULL, 0 or 1
-- ?6 started before: INTEGER or NULL
-- ?7 equipment: TEXT or NULL, a JSON array of keys
-- Returns: rows: kind, count; in no order.
-- Why so:  one pass over narrow rows.
SELECT operation.kind, count(*)
FROM operation
WHERE operation.ended >= ?1 AND operation.ended < ?2
    AND (?3 IS NULL OR operation.kind IN (SELECT value FROM json_each(?3)))
    AND (?4 IS NULL OR operation.name = ?4)
    AND (?5 IS NULL OR (operation.voided_by IS NOT NULL) = ?5)
    AND (?6 IS NULL OR operation.started < ?6)
    AND (?7 IS NULL OR EXISTS (
        SELECT 1 FROM participation
        WHERE participation.resource IN (SELECT value FROM json_each(?7))
            AND participation.ended = operation.ended
            AND participation.operation = operation.key
    ))
GROUP BY operation.kind;
