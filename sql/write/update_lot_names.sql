-- Purpose: what a lot is and is called.
-- ?1 key: INTEGER
-- ?2 number: TEXT or NULL
-- ?3 supplier_lot: TEXT or NULL
-- ?4 material: INTEGER or NULL
-- ?5 attributes: TEXT or NULL
-- ?6 search: TEXT
-- ?7 alias_of: TEXT or NULL
-- Returns: nothing.
-- Why so:  apart from the state, because it rewrites the indexes of material and numbers; sent only when
--          one of them changed.
UPDATE lot SET number = ?2, supplier_lot = ?3, material = ?4, attributes = ?5, search = ?6, alias_of = ?7
WHERE key = ?1;
