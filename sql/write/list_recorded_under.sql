-- Purpose: the operations that were recorded of a lot under some of its names.
-- ?1 id: TEXT, of the lot that the links end at
-- ?2 names: TEXT, a JSON array
-- ?3 limit: INTEGER
-- Returns: rows: operation id, each once; in no order.
-- Why so:  one range of link_by_lot, seldom as that is asked; some operations may be there whose link is of the lot's own
--          name.
SELECT DISTINCT operation.id
FROM lot
JOIN link INDEXED BY link_by_lot ON link.lot = lot.key
JOIN operation ON operation.key = link.operation
WHERE lot.id = ?1
    AND (
        lot.id IN (SELECT value FROM json_each(?2))
        OR EXISTS (
            SELECT 1 FROM json_each(operation.names) AS name
            WHERE name.key IN (SELECT value FROM json_each(?2))
        )
    )
LIMIT ?3;
