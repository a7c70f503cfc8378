-- Purpose: what a record says by now.
-- ?1 kind: TEXT
-- ?2 id: TEXT
-- ?3 state: TEXT
-- ?4 body: TEXT
-- Returns: nothing.
-- Why so:  what it is about and where it was raised never change.
UPDATE record SET state = ?3, body = ?4 WHERE kind = ?1 AND id = ?2;
