-- Purpose: a lot that was not known before.
-- ?1 id: TEXT
-- ?2 number: TEXT or NULL
-- ?3 supplier_lot: TEXT or NULL
-- ?4 material: INTEGER or NULL
-- ?5 attributes: TEXT or NULL
-- ?6 search: TEXT
-- ?7 origin: TEXT
-- ?8 earliest_production: INTEGER or NULL
-- ?9 state: TEXT
-- ?10 status: TEXT or NULL
-- ?11 overdrawn: TEXT or NULL
-- ?12 likeness: TEXT
-- ?13 alias_of: TEXT or NULL
-- Returns: nothing; the key is the last inserted row id.
-- Why so:  whether it is new is known from loading it, so nothing is looked up again.
INSERT INTO lot (id, number, supplier_lot, material, attributes, search, origin, earliest_production, state, status,
    overdrawn, likeness, alias_of)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13);
