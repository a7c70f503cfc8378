-- Purpose: the first production and the first draw of a lot, some operations aside.
-- ?1 lot: INTEGER, a key
-- ?2 operations: TEXT, a JSON array of keys
-- Returns: one row: earliest production, earliest draw; each may be NULL.
-- Why so:  read before a void is judged, whose operation may be the first; the production is among the first entries of
--          the index, the draw takes one range of it. Role 2 is produced, 0 consumed. What carries on a shipment is
--          neither: it had been drawn by that, and it comes back into a lot that was there.
SELECT
    (SELECT min(earliest) FROM link INDEXED BY link_by_lot
        WHERE lot = ?1 AND role = 2 AND continues IS NULL
            AND operation NOT IN (SELECT value FROM json_each(?2))),
    (SELECT min(latest) FROM link INDEXED BY link_by_lot
        WHERE lot = ?1 AND role = 0 AND continues IS NULL
            AND operation NOT IN (SELECT value FROM json_each(?2)));
