-- Purpose: lots whose printed number or supplier's number is a text.
-- ?1 number: TEXT
-- Returns: rows: id; in no order, a lot with both numbers twice.
-- Why so:  one probe for each of the two indexes, which hold only lots that have such a number; they nearly always find
--          nothing, so neither a sorter nor a table for doubles is set up.
SELECT id FROM lot INDEXED BY lot_by_number WHERE number = ?1
UNION ALL
SELECT id FROM lot INDEXED BY lot_by_supplier_lot WHERE supplier_lot = ?1;
