-- Purpose: how many lots each material has.
-- Returns: rows: material code or NULL, count; in no order.
-- Why so:  without a filter it reads lot_by_material only, never the lots.
SELECT (SELECT code FROM master WHERE master.key = lot.material), count(*)
FROM lot
WHERE lot.alias_of IS NULL
GROUP BY lot.material;
