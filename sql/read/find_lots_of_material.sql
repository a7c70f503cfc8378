-- Purpose: a page of the lots of one material under a filter.
-- ?1 after id: TEXT
-- ?2 origins: TEXT or NULL, a JSON array
-- ?3 text: TEXT or NULL, in lower case
-- ?4 produced from: INTEGER or NULL
-- ?5 produced before: INTEGER or NULL
-- ?6 material: INTEGER
-- ?7 limit: INTEGER
-- ?8 statuses: TEXT or NULL, a JSON array
-- Returns: rows of a lot: key, id, number, supplier_lot, material code, attributes,
--          earliest_production, state, overdrawn; by id.
-- Why so:  one range of lot_by_material, already in the order of the answer; several materials are merged
--          by the caller.
SELECT lot.key, lot.id, lot.number, lot.supplier_lot, material.code, lot.attributes, lot.earliest_production, lot.state,
    lot.overdrawn
FROM lot INDEXED BY lot_by_material
JOIN master AS material ON material.key = lot.material
WHERE lot.material = ?6 AND lot.id > ?1 AND lot.alias_of IS NULL
    AND (?2 IS NULL OR lot.origin IN (SELECT value FROM json_each(?2)))
    AND (?8 IS NULL OR coalesce(lot.status, 'AVAILABLE') IN (SELECT value FROM json_each(?8)))
    AND (?3 IS NULL OR instr(lot.search, ?3) > 0)
    AND (?4 IS NULL OR lot.earliest_production >= ?4)
    AND (?5 IS NULL OR lot.earliest_production < ?5)
ORDER BY lot.id
LIMIT ?7;
