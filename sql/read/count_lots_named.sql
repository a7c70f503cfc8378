-- Purpose: how many lots have a text as id, printed number or supplier's number.
-- ?1 text: TEXT
-- Returns: one row: count.
-- Why so:  as find_lots_named.
SELECT count(*)
FROM (
    SELECT key FROM lot WHERE id = ?1
    UNION
    SELECT key FROM lot WHERE number = ?1
    UNION
    SELECT key FROM lot WHERE supplier_lot = ?1
);
