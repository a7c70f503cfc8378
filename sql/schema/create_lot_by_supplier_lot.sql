-- Purpose: finds lots by the supplier's number.
-- Returns: nothing.
-- Why so:  only bought lots have one: the index holds only them.
CREATE INDEX IF NOT EXISTS lot_by_supplier_lot ON lot (supplier_lot) WHERE supplier_lot IS NOT NULL;
