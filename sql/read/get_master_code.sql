-- Purpose: the code behind a key of master data.
-- ?1 key: INTEGER
-- Returns: at most one row: code.
-- Why so:  a walk asks once for each material or party it meets, not once for each lot.
SELECT code FROM master WHERE key = ?1;
