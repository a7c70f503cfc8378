-- Purpose: the tables of the graph: all but those of the ledger and of the file itself.
-- Returns: rows (name).
-- Why so:  what is derived is whatever is not the ledger, also in tables that a later program added.
SELECT name
FROM main.sqlite_schema
WHERE type = 'table' AND name NOT IN ('ledger', 'revision', 'event', 'projection') AND name NOT LIKE 'sqlite%'
ORDER BY rowid;
