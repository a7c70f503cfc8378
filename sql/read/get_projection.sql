-- Purpose: the version of the graph.
-- Returns: one row (version).
-- Why so:  the only row of its table.
SELECT version FROM projection;
