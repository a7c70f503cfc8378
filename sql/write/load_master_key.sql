-- Purpose: the key of an item of master data.
-- ?1 kind: TEXT
-- ?2 code: TEXT
-- Returns: at most one row: key.
-- Why so:  one probe of a unique index, covering.
SELECT key FROM master WHERE kind = ?1 AND code = ?2;
