-- Purpose: a page of records of one kind about a lot, under a filter.
-- ?1 kind: TEXT
-- ?2 after revision: INTEGER
-- ?3 after place: INTEGER
-- ?4 until revision: INTEGER
-- ?5 categories: TEXT or NULL, a JSON array
-- ?6 limit: INTEGER
-- ?7 states: TEXT or NULL, a JSON array
-- ?8 lot: TEXT
-- Returns: rows: revision, place, body; by revision, then place.
-- Why so:  one range of record_by_lot, already in the order of the answer.
SELECT revision, place, body
FROM record INDEXED BY record_by_lot
WHERE kind = ?1 AND lot = ?8 AND (revision, place) > (?2, ?3) AND revision <= ?4
    AND (?5 IS NULL OR category IN (SELECT value FROM json_each(?5)))
    AND (?7 IS NULL OR state IN (SELECT value FROM json_each(?7)))
ORDER BY revision, place
LIMIT ?6;
