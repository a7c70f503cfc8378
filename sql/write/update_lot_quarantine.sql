-- Purpose: what holds, inspections and releases say about a lot.
-- ?1 key: INTEGER
-- ?2 quarantine: TEXT or NULL
-- ?3 status: TEXT or NULL
-- Returns: nothing.
-- Why so:  apart from the flows, because it writes the index of statuses; sent only when it changed.
UPDATE lot SET quarantine = ?2, status = ?3 WHERE key = ?1;
