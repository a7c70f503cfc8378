-- Purpose: how many records of one kind pass a filter, by state and category.
-- ?1 kind: TEXT
-- ?2 after revision: INTEGER
-- ?3 until revision: INTEGER
-- ?4 categories: TEXT or NULL, a JSON array
-- ?5 states: TEXT or NULL, a JSON array
-- ?6 lot: TEXT or NULL
-- Returns: rows: state, category or NULL, count; in no order.
-- Why so:  one pass over the records of the kind; states and categories are few, so the caller sums up either.
SELECT state, category, count(*)
FROM record
WHERE kind = ?1 AND revision > ?2 AND revision <= ?3
    AND (?4 IS NULL OR category IN (SELECT value FROM json_each(?4)))
    AND (?5 IS NULL OR state IN (SELECT value FROM json_each(?5)))
    AND (?6 IS NULL OR lot = ?6)
GROUP BY state, category;
