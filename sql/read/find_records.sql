-- Purpose: a page of records of one kind under a filter.
-- ?1 kind: TEXT
-- ?2 after revision: INTEGER
-- ?3 after place: INTEGER
-- ?4 until revision: INTEGER
-- ?5 categories: TEXT or NULL, a JSON array
-- ?6 limit: INTEGER
-- Returns: rows: revision, place, body; by revision, then place.
-- Why so:  one range of record_by_place, which has the order of the answer.
SELECT revision, place, body
FROM record INDEXED BY record_by_place
WHERE kind = ?1 AND (revision, place) > (?2, ?3) AND revision <= ?4
    AND (?5 IS NULL OR category IN (SELECT value FROM json_each(?5)))
ORDER BY revision, place
LIMIT ?6;
