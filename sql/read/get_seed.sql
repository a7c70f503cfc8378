-- Purpose: a lot to start a walk from.
-- ?1 id: TEXT
-- Returns: at most one row: key, material key or NULL, earliest_production or NULL, overdrawn
--          or NULL.
-- Why so:  one probe of a unique index. What is only another name of a lot is no seed.
SELECT key, material, earliest_production, overdrawn FROM lot WHERE id = ?1 AND alias_of IS NULL;
