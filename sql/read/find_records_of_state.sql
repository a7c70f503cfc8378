-- Purpose: a page of records of one kind and state under a filter.
-- ?1 kind: TEXT
-- ?2 after revision: INTEGER
-- ?3 after place: INTEGER
-- ?4 until revision: INTEGER
-- ?5 categories: TEXT or NULL, a JSON array
-- ?6 limit: INTEGER
-- ?7 state: TEXT
-- Returns: rows: revision, place, body; by revision, then place.
-- Why so:  one range of record_by_state, already in the order of the answer; several states are merged by the
--          caller.
SELECT revision, place, body
FROM record INDEXED BY record_by_state
WHERE kind = ?1 AND state = ?7 AND (revision, place) > (?2, ?3) AND revision <= ?4
    AND (?5 IS NULL OR category IN (SELECT value FROM json_each(?5)))
ORDER BY revision, place
LIMIT ?6;
