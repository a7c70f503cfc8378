-- Purpose: a lot that was not known before.
-- ?1 id: TEXT
-- ?2 number: TEXT or NULL
-- ?3 supplier_lot: TEXT or NULL
-- ?4 material: INTEGER or NULL
-- ?5 material_claims: INTEGER
-- ?6 attributes: TEXT or NULL
-- ?7 received: TEXT or NULL
-- ?8 produced: TEXT or NULL
-- ?9 consumed: TEXT or NULL
-- ?10 shipped: TEXT or NULL
-- ?11 scrapped: TEXT or NULL
-- ?12 in_place: INTEGER
-- ?13 origin: TEXT
-- ?14 earliest_production: INTEGER or NULL
-- ?15 search: TEXT
-- ?16 quarantine: TEXT or NULL
-- ?17 status: TEXT or NULL
-- ?18 anomalies: TEXT or NULL
-- ?19 earliest_draw: INTEGER or NULL
-- Returns: nothing; the key is the last inserted row id.
-- Why so:  whether it is new is known from loading it, so nothing is looked up again.
INSERT INTO lot (id, number, supplier_lot, material, material_claims, attributes, received, produced, consumed,
    shipped, scrapped, in_place, origin, earliest_production, search, quarantine, status,
    anomalies, earliest_draw)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19);
