-- Purpose: whether a lot may be used.
-- ?1 key: INTEGER
-- ?2 status: TEXT or NULL
-- Returns: nothing.
-- Why so:  apart from the state, because it writes the index of statuses; sent only when a hold, an inspection or a
--          release changed something.
UPDATE lot SET status = ?2 WHERE key = ?1;
