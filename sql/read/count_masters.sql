-- Purpose: how many items of master data of one kind pass a filter.
-- ?1 kind: TEXT
-- ?2 text: TEXT or NULL, in lower case
-- ?3 declared: INTEGER or NULL, 0 or 1
-- ?4 class: TEXT or NULL
-- ?5 parent: TEXT or NULL
-- ?6 role: TEXT or NULL
-- Returns: one row: count.
-- Why so:  as find_masters.
SELECT count(*)
FROM master
WHERE kind = ?1
    AND (?2 IS NULL OR instr(search, ?2) > 0)
    AND (?3 IS NULL OR (body IS NOT NULL) = ?3)
    AND (?4 IS NULL OR class = ?4)
    AND (?5 IS NULL OR parent = ?5)
    AND (?6 IS NULL OR ?6 IN (SELECT value FROM json_each(body, '$.roles')));
