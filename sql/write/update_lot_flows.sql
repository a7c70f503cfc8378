-- Purpose: what moved in and out of a lot, and what does not add up about it.
-- ?1 key: INTEGER
-- ?2 material_claims: INTEGER
-- ?3 received: TEXT or NULL
-- ?4 produced: TEXT or NULL
-- ?5 consumed: TEXT or NULL
-- ?6 shipped: TEXT or NULL
-- ?7 scrapped: TEXT or NULL
-- ?8 in_place: INTEGER
-- ?9 origin: TEXT
-- ?10 earliest_production: INTEGER or NULL
-- ?11 anomalies: TEXT or NULL
-- ?12 earliest_draw: INTEGER or NULL
-- Returns: nothing.
-- Why so:  names no indexed column, so no index is written: this is what most events change.
UPDATE lot
SET material_claims = ?2, received = ?3, produced = ?4, consumed = ?5, shipped = ?6, scrapped = ?7, in_place = ?8,
    origin = ?9, earliest_production = ?10, anomalies = ?11,
    earliest_draw = ?12
WHERE key = ?1;
