-- Purpose: an operation.
-- ?1 key: INTEGER
-- ?2 id: TEXT
-- ?3 kind: TEXT
-- ?4 name: TEXT or NULL
-- ?5 started: INTEGER
-- ?6 ended: INTEGER
-- ?7 party: INTEGER or NULL
-- ?8 pairs: TEXT or NULL
-- ?9 names: TEXT or NULL
-- ?10 document: TEXT or NULL
-- Returns: nothing.
-- Why so:  the key is that of its event.
INSERT INTO operation (key, id, kind, name, started, ended, party, pairs, names, document)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10);
