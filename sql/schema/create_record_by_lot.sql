-- Purpose: finds the records about a lot.
-- Returns: nothing.
-- Why so:  ordered by place inside a lot; records about no single lot stay out of it.
CREATE INDEX IF NOT EXISTS record_by_lot ON record (lot, kind, revision, place) WHERE lot IS NOT NULL;
