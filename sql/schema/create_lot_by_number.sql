-- Purpose: finds lots by the number printed on them.
-- Returns: nothing.
-- Why so:  most lots are printed with their id: the index holds only the others.
CREATE INDEX IF NOT EXISTS lot_by_number ON lot (number) WHERE number IS NOT NULL;
