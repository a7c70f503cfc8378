-- Purpose: lots whose id, printed number or supplier's number is a text.
-- ?1 text: TEXT
-- ?2 after id: TEXT
-- ?3 limit: INTEGER
-- Returns: rows of a lot: key, id, number, supplier_lot, material code, attributes,
--          earliest_production, state, overdrawn; by id.
-- Why so:  three probes, one for each index; UNION drops a lot found twice.
SELECT lot.key, lot.id, lot.number, lot.supplier_lot, material.code, lot.attributes, lot.earliest_production, lot.state,
    lot.overdrawn
FROM lot
LEFT JOIN master AS material ON material.key = lot.material
WHERE lot.key IN (
        SELECT key FROM lot WHERE id = ?1
        UNION
        SELECT key FROM lot WHERE number = ?1
        UNION
        SELECT key FROM lot WHERE supplier_lot = ?1
    )
    AND lot.id > ?2
ORDER BY lot.id
LIMIT ?3;
