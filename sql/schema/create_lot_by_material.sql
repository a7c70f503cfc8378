-- Purpose: finds and counts the lots of a material.
-- Returns: nothing.
-- Why so:  ordered by id inside a material, so a page is cut without sorting; counting by material never
--          reads the lots. What is only another name of a lot is not counted.
CREATE INDEX IF NOT EXISTS lot_by_material ON lot (material, id) WHERE alias_of IS NULL;
