-- Purpose: one lot by id.
-- ?1 id: TEXT
-- Returns: at most one of the rows of a lot: key, id, number, supplier_lot, material code,
--          material_claims, attributes, five flows, in_place, earliest_production, quarantine, anomalies,
--          earliest_draw.
-- Why so:  one probe of a unique index; a set of lots is this statement once for each, without a round
--          trip.
SELECT lot.key, lot.id, lot.number, lot.supplier_lot, material.code, lot.material_claims, lot.attributes, lot.received,
    lot.produced, lot.consumed, lot.shipped, lot.scrapped, lot.in_place, lot.earliest_production,
    lot.quarantine, lot.anomalies, lot.earliest_draw
FROM lot
LEFT JOIN master AS material ON material.key = lot.material
WHERE lot.id = ?1;
