-- Purpose: one item of master data.
-- ?1 kind: TEXT
-- ?2 code: TEXT
-- Returns: at most one row: code, body or NULL.
-- Why so:  one probe of a unique index.
SELECT code, body FROM master WHERE kind = ?1 AND code = ?2;
