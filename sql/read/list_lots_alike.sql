-- Purpose: lots whose ids look like a text.
-- ?1 likeness: TEXT
-- Returns: rows: id; in no order.
-- Why so:  one probe of an index, which nearly always finds nothing: no sorter is set up for that.
SELECT id FROM lot INDEXED BY lot_by_likeness WHERE likeness = ?1;
