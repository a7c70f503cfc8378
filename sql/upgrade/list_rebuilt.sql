-- Purpose: the tables and indexes of the new graph, with the statements that create them.
-- Returns: rows (type, name, statement), tables before their indexes.
-- Why so:  they are created here exactly as they are there, so that rows and indexes are copied as they lie.
SELECT type, name, sql
FROM rebuilt.sqlite_schema
WHERE tbl_name NOT IN ('ledger', 'revision', 'event', 'projection') AND name NOT LIKE 'sqlite%' AND sql IS NOT NULL
ORDER BY type = 'index', rowid;
