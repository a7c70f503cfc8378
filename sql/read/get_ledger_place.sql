-- Purpose: the last revision up to a number, to find a place in the ledger.
-- ?1 number: INTEGER
-- Returns: at most one row: number, first_event, events.
-- Why so:  one step into the table; keys of events follow from it.
SELECT number, first_event, events
FROM revision
WHERE number <= ?1
ORDER BY number DESC
LIMIT 1;
