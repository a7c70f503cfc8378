-- Purpose: what a walk sees from a lot: its links of the roles that lead on or are listed with it, and
--          their operations.
-- ?1 lot: INTEGER
-- ?2 first role: INTEGER
-- ?3 last role: INTEGER
-- Returns: rows: operation key, role, position, amount, unit, earliest, latest, operation id, kind,
--          started, ended, party key or NULL, pairs or NULL, continues or NULL.
-- Why so:  one range of the covering index link_by_lot, and one row of operation for each link; the order
--          does not matter.
SELECT link.operation, link.role, link.position, link.amount, link.unit, link.earliest, link.latest,
    operation.id, operation.kind, operation.started, operation.ended, operation.party,
    operation.pairs, link.continues
FROM link INDEXED BY link_by_lot
JOIN operation ON operation.key = link.operation
WHERE link.lot = ?1 AND link.role BETWEEN ?2 AND ?3;
