-- Purpose: the current revision and where its events end.
-- Returns: at most one row: number, key of its last event; none while the ledger is empty.
-- Why so:  the last row of the table; aggregates would read it too, but give no second column.
SELECT number, first_event + events - 1
FROM revision
ORDER BY number DESC
LIMIT 1;
