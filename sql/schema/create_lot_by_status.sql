-- Purpose: finds lots by status.
-- Returns: nothing.
-- Why so:  ordered by id inside a status, so a page is cut without sorting; lots that are available have no
--          status and stay out of it, so ordinary work does not pay for it.
CREATE INDEX IF NOT EXISTS lot_by_status ON lot (status, id) WHERE status IS NOT NULL;
