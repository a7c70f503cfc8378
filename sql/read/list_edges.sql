-- Purpose: the links of a lot in one role, by time.
-- ?1 lot: INTEGER
-- ?2 role: INTEGER
-- ?3 from earliest: INTEGER
-- Returns: rows by earliest: earliest, operation id, position, kind, latest, amount, unit, continues or NULL.
-- Why so:  in the order of link_by_lot, so the reader stops when its page is full; operations of the same
--          moment are put in order of their ids there.
SELECT link.earliest, operation.id, link.position, operation.kind, link.latest, link.amount, link.unit, link.continues
FROM link INDEXED BY link_by_lot
JOIN operation ON operation.key = link.operation
WHERE link.lot = ?1 AND link.role = ?2 AND link.earliest >= ?3
ORDER BY link.earliest;
