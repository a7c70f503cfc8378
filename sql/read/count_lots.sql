-- Purpose: how many lots of each material pass a filter.
-- ?1 origins: TEXT or NULL, a JSON array
-- ?2 text: TEXT or NULL, in lower case
-- ?3 produced from: INTEGER or NULL
-- ?4 produced before: INTEGER or NULL
-- ?5 materials: TEXT or NULL, a JSON array of keys
-- ?6 statuses: TEXT or NULL, a JSON array
-- ?7 hold: TEXT or NULL
-- Returns: rows: material code or NULL, count; in no order.
-- Why so:  one pass over the lots; groups by key and looks up the code once for each group.
SELECT (SELECT code FROM master WHERE master.key = lot.material), count(*)
FROM lot
WHERE lot.alias_of IS NULL
    AND (?1 IS NULL OR lot.origin IN (SELECT value FROM json_each(?1)))
    AND (?6 IS NULL OR coalesce(lot.status, 'AVAILABLE') IN (SELECT value FROM json_each(?6)))
    AND (?7 IS NULL OR ?7 IN (SELECT json_extract(value, '$.hold') FROM json_each(lot.state, '$.quarantine.marks')))
    AND (?2 IS NULL OR instr(lot.search, ?2) > 0)
    AND (?3 IS NULL OR lot.earliest_production >= ?3)
    AND (?4 IS NULL OR lot.earliest_production < ?4)
    AND (?5 IS NULL OR lot.material IN (SELECT value FROM json_each(?5)))
GROUP BY lot.material;
