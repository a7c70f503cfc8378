-- Purpose: a page of master data of one kind under a filter.
-- ?1 kind: TEXT
-- ?2 after code: TEXT
-- ?3 text: TEXT or NULL, in lower case
-- ?4 declared: INTEGER or NULL, 0 or 1
-- ?5 class: TEXT or NULL
-- ?6 parent: TEXT or NULL
-- ?7 role: TEXT or NULL
-- ?8 limit: INTEGER
-- Returns: rows: code, body or NULL; by code.
-- Why so:  walks the unique index of (kind, code) in the order of the answer. Roles are read from the
--          body: parties are few.
SELECT code, body
FROM master
WHERE kind = ?1 AND code > ?2
    AND (?3 IS NULL OR instr(search, ?3) > 0)
    AND (?4 IS NULL OR (body IS NOT NULL) = ?4)
    AND (?5 IS NULL OR class = ?5)
    AND (?6 IS NULL OR parent = ?6)
    AND (?7 IS NULL OR ?7 IN (SELECT value FROM json_each(body, '$.roles')))
ORDER BY code
LIMIT ?8;
