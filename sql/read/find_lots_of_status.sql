-- Purpose: a page of the lots of one status under a filter.
-- ?1 after id: TEXT
-- ?2 origins: TEXT or NULL, a JSON array
-- ?3 text: TEXT or NULL, in lower case
-- ?4 produced from: INTEGER or NULL
-- ?5 produced before: INTEGER or NULL
-- ?6 status: TEXT, not AVAILABLE
-- ?7 limit: INTEGER
-- ?8 materials: TEXT or NULL, a JSON array of keys
-- ?9 hold: TEXT or NULL
-- Returns: rows of a lot: key, id, number, supplier_lot, material code, attributes,
--          earliest_production, state, overdrawn; by id.
-- Why so:  one range of lot_by_status, already in the order of the answer; several statuses are merged
--          by the caller.
SELECT lot.key, lot.id, lot.number, lot.supplier_lot, material.code, lot.attributes, lot.earliest_production, lot.state,
    lot.overdrawn
FROM lot INDEXED BY lot_by_status
LEFT JOIN master AS material ON material.key = lot.material
WHERE lot.status = ?6 AND lot.id > ?1 AND lot.alias_of IS NULL
    AND (?2 IS NULL OR lot.origin IN (SELECT value FROM json_each(?2)))
    AND (?8 IS NULL OR lot.material IN (SELECT value FROM json_each(?8)))
    AND (?9 IS NULL OR ?9 IN (SELECT json_extract(value, '$.hold') FROM json_each(lot.state, '$.quarantine.marks')))
    AND (?3 IS NULL OR instr(lot.search, ?3) > 0)
    AND (?4 IS NULL OR lot.earliest_production >= ?4)
    AND (?5 IS NULL OR lot.earliest_production < ?5)
ORDER BY lot.id
LIMIT ?7;
