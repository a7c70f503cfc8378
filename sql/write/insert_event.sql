-- Purpose: appends an event to the ledger.
-- ?1 key: INTEGER
-- ?2 id: TEXT
-- ?3 revision: INTEGER
-- ?4 type: TEXT
-- ?5 body: TEXT
-- Returns: nothing.
-- Why so:  the key is given, so that events of a revision are consecutive.
INSERT INTO event (key, id, revision, type, body) VALUES (?1, ?2, ?3, ?4, ?5);
