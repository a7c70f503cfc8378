-- Purpose: marks an operation as voided.
-- ?1 key: INTEGER
-- ?2 voided_by: INTEGER
-- Returns: nothing.
-- Why so:  the node stays and says by what; its party edge is gone with the others, and no document finds it.
UPDATE operation SET voided_by = ?2, party = NULL, document = NULL WHERE key = ?1;
