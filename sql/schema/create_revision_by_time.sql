-- Purpose: finds revisions by when they were recorded.
-- Returns: nothing.
-- Why so:  clocks may go back, so the numbers of revisions do not give the order of their times.
CREATE INDEX IF NOT EXISTS revision_by_time ON revision (recorded_at, number);
