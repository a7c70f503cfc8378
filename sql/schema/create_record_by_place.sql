-- Purpose: lists records of a kind in the order in which they were raised.
-- Returns: nothing.
-- Why so:  the order of every list and of the feed, so a page is cut without sorting.
CREATE UNIQUE INDEX IF NOT EXISTS record_by_place ON record (kind, revision, place);
