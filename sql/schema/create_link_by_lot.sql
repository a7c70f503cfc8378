-- Purpose: the links of a lot, by role and time.
-- Returns: nothing.
-- Why so:  covers everything that a walk and a page of edges read, so neither goes back to the table; the
--          first production of a lot is the first entry of its role.
CREATE INDEX IF NOT EXISTS link_by_lot ON link (lot, role, earliest, operation, position, latest, amount, unit, continues);
