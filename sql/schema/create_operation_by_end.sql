-- Purpose: pages through operations by (end, id).
-- Returns: nothing.
-- Why so:  it is the order of the answer, so a page is cut without sorting.
CREATE INDEX IF NOT EXISTS operation_by_end ON operation (ended, id);
