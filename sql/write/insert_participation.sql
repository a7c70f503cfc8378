-- Purpose: one resource of an operation.
-- ?1 resource: INTEGER
-- ?2 ended: INTEGER
-- ?3 operation: INTEGER
-- Returns: nothing.
-- Why so:  a resource takes part once, however often it is named.
INSERT INTO participation (resource, ended, operation) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING;
