-- Purpose: the state of a lot, and what is searched by that follows from it.
-- ?1 key: INTEGER
-- ?2 origin: TEXT
-- ?3 earliest_production: INTEGER or NULL
-- ?4 state: TEXT
-- ?5 overdrawn: TEXT or NULL
-- Returns: nothing.
-- Why so:  names no indexed column, so no index is written: this is what most events change.
UPDATE lot SET origin = ?2, earliest_production = ?3, state = ?4, overdrawn = ?5 WHERE key = ?1;
