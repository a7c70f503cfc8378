-- Purpose: the key of a lot.
-- ?1 id: TEXT
-- Returns: at most one row: key.
-- Why so:  one probe of a unique index, covering.
SELECT key FROM lot WHERE id = ?1;
