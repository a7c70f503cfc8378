-- Purpose: a page of lots under a filter.
-- ?1 after id: TEXT
-- ?2 origins: TEXT or NULL, a JSON array
-- ?3 text: TEXT or NULL, in lower case
-- ?4 produced from: INTEGER or NULL
-- ?5 produced before: INTEGER or NULL
-- ?6 materials: TEXT or NULL, a JSON array of keys
-- ?7 limit: INTEGER
-- ?8 statuses: TEXT or NULL, a JSON array
-- Returns: rows of a lot: key, id, number, supplier_lot, material code, attributes,
--          earliest_production, state, overdrawn; by id.
-- Why so:  walks the unique index of ids in the order of the answer and stops when the page is full.
SELECT lot.key, lot.id, lot.number, lot.supplier_lot, material.code, lot.attributes, lot.earliest_production, lot.state,
    lot.overdrawn
FROM lot
LEFT JOIN master AS material ON material.key = lot.material
WHERE lot.id > ?1 AND lot.alias_of IS NULL
    AND (?2 IS NULL OR lot.origin IN (SELECT value FROM json_each(?2)))
    AND (?8 IS NULL OR coalesce(lot.status, 'AVAILABLE') IN (SELECT value FROM json_each(?8)))
    AND (?3 IS NULL OR instr(lot.search, ?3) > 0)
    AND (?4 IS NULL OR lot.earliest_production >= ?4)
    AND (?5 IS NULL OR lot.earliest_production < ?5)
    AND (?6 IS NULL OR lot.material IN (SELECT value FROM json_each(?6)))
ORDER BY lot.id
LIMIT ?7;
