-- Purpose: one record by kind and id.
-- ?1 kind: TEXT
-- ?2 id: TEXT
-- Returns: at most one row: revision, place, body.
-- Why so:  one probe of the unique index.
SELECT revision, place, body FROM record WHERE kind = ?1 AND id = ?2;
