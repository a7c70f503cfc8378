-- Purpose: says which version the graph of a new file has, unless the file says so already.
-- ?1 version: INTEGER, that of this program.
-- Returns: nothing.
-- Why so:  what is there stays: only a rebuild makes a graph newer.
INSERT INTO projection (one, version, revision) VALUES (1, ?1, 0) ON CONFLICT DO NOTHING;
