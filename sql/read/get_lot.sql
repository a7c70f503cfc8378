-- Purpose: one lot by id.
-- ?1 id: TEXT
-- Returns: at most one of the rows of a lot: key, id, number, supplier_lot, material code,
--          attributes, earliest_production, state, overdrawn.
-- Why so:  one probe of a unique index; a set of lots is this statement once for each, without a round
--          trip.
SELECT lot.key, lot.id, lot.number, lot.supplier_lot, material.code, lot.attributes, lot.earliest_production, lot.state,
    lot.overdrawn
FROM lot
LEFT JOIN master AS material ON material.key = lot.material
WHERE lot.id = ?1;
