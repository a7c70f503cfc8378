-- Purpose: how many events the ledger and that of the new graph do not have in common.
-- Returns: one row (count).
-- Why so:  the new graph refers to events by their keys: it fits this ledger only when it was derived from all of it and
--          nothing else.
SELECT (SELECT count(*) FROM main.event) + (SELECT count(*) FROM rebuilt.event) - 2 * count(*)
FROM main.event AS ours
JOIN rebuilt.event AS theirs ON theirs.key = ours.key AND theirs.id = ours.id AND theirs.revision = ours.revision;
