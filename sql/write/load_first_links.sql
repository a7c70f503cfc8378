-- Purpose: the first production and the first draw of a lot, some operations aside.
-- ?1 lot: INTEGER, a key
-- ?2 operations: TEXT, a JSON array of keys
-- Returns: one row: earliest production, earliest draw; each may be NULL.
-- Why so:  read before a void is judged, whose operation may be the first; the production is the first entry of
--          the index, the draw takes one range of it. Role 2 is produced, 0 consumed. What
--          comes back into the lot that it had left is no production, and it was drawn by its shipment.
SELECT
    (SELECT min(made.earliest) FROM link AS made
        WHERE made.lot = ?1 AND made.role = 2 AND made.operation NOT IN (SELECT value FROM json_each(?2))
            AND NOT EXISTS (SELECT 1 FROM link AS back JOIN operation ON operation.key = back.operation
                WHERE back.operation = made.operation AND back.role = 0 AND back.position = made.position
                    AND back.lot = made.lot AND operation.kind = 'RETURN')),
    (SELECT min(link.latest) FROM link JOIN operation ON operation.key = link.operation
        WHERE link.lot = ?1 AND link.role = 0 AND operation.kind <> 'RETURN'
            AND link.operation NOT IN (SELECT value FROM json_each(?2)));
