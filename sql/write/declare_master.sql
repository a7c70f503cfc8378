-- Purpose: an item of master data as declared.
-- ?1 kind: TEXT
-- ?2 code: TEXT
-- ?3 body: TEXT
-- ?4 class: TEXT or NULL
-- ?5 parent: TEXT or NULL
-- ?6 search: TEXT
-- Returns: nothing.
-- Why so:  the last declaration replaces the whole item and keeps its key, to which operations and lots
--          refer.
INSERT INTO master (kind, code, body, class, parent, search) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (kind, code) DO UPDATE
SET body = excluded.body, class = excluded.class, parent = excluded.parent, search = excluded.search;
