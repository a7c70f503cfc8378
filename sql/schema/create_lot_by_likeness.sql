-- Purpose: finds lots whose ids look alike.
-- Returns: nothing.
-- Why so:  a likeness is nearly the id in lower case, so new entries come side by side as ids do, which a hash would
--          scatter over the whole index.
CREATE INDEX IF NOT EXISTS lot_by_likeness ON lot (likeness);
