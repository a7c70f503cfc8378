-- Purpose: from format 3 to 4: the graph that format 3 came with is version 1.
-- Returns: nothing.
-- Why so:  the program of format 3 did not say which graph it derived, and there was only the one.
INSERT INTO projection (one, version, revision)
SELECT 1, 1, coalesce(max(number), 0)
FROM revision;
