-- Purpose: what the names of lots in an operation mean by now, and which inputs therefore went into one output only.
-- ?1 key: INTEGER
-- ?2 names: TEXT or NULL
-- ?3 pairs: TEXT or NULL
-- Returns: nothing.
-- Why so:  no index holds it.
UPDATE operation SET names = ?2, pairs = ?3 WHERE key = ?1;
