-- Purpose: finds and counts the lots of a material.
-- Returns: nothing.
-- Why so:  ordered by id inside a material, so a page is cut without sorting; counting by material never
--          reads the lots.
CREATE INDEX IF NOT EXISTS lot_by_material ON lot (material, id);
