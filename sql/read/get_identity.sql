-- Purpose: the ledger's name.
-- Returns: one row (identity).
-- Why so:  the only row of its table.
SELECT identity FROM ledger;
