-- Purpose: whether any lot is of a material, before it is declared in another unit.
-- ?1 code: TEXT
-- Returns: one row: 1 or 0.
-- Why so:  one probe of the index of lots by material, which ends at the first.
SELECT EXISTS (
    SELECT 1 FROM lot INDEXED BY lot_by_material
    WHERE alias_of IS NULL AND material = (SELECT key FROM master WHERE kind = 'Material' AND code = ?1)
);
