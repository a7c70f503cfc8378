-- Purpose: the materials declared as one of some classes.
-- ?1 classes: TEXT, a JSON array
-- Returns: rows: key.
-- Why so:  materials are few; a pass over them is cheaper than an index kept for it.
SELECT key FROM master
WHERE kind = 'Material' AND class IN (SELECT value FROM json_each(?1));
