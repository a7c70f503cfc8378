-- Purpose: a lot's earliest production after one was withdrawn.
-- ?1 key: INTEGER
-- Returns: nothing.
-- Why so:  the first entry of the index of its productions; NULL when none is left. Role 2 is produced.
UPDATE lot
SET earliest_production = (SELECT min(earliest) FROM link WHERE link.lot = ?1 AND link.role = 2)
WHERE key = ?1;
