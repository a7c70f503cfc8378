-- Purpose: the last revision recorded at or before a moment.
-- ?1 at: INTEGER
-- ?2 how far clocks may be apart: INTEGER
-- Returns: one row: number, NULL when everything was recorded later.
-- Why so:  the highest number among those recorded shortly before the latest of them, so that a clock that
--          was a little ahead hides nothing, and only that short time of the index is read.
SELECT max(number)
FROM revision
WHERE recorded_at BETWEEN (SELECT max(recorded_at) FROM revision WHERE recorded_at <= ?1) - ?2 AND ?1;
