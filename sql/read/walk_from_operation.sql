-- Purpose: what a walk sees from an operation: its links of the role that leads on, and their lots.
-- ?1 operation: INTEGER
-- ?2 role: INTEGER
-- Returns: rows: lot key, position, amount, unit, earliest, latest, lot id, material key or NULL,
--          earliest_production or NULL, overdrawn or NULL, continues or NULL.
-- Why so:  one range of the clustered table, and one row of lot for each link.
SELECT link.lot, link.position, link.amount, link.unit, link.earliest, link.latest,
    lot.id, lot.material, lot.earliest_production, lot.overdrawn, link.continues
FROM link
JOIN lot ON lot.key = link.lot
WHERE link.operation = ?1 AND link.role = ?2;
