-- Purpose: the ledger's own name, one row.
-- Returns: nothing.
-- Why so:  two ledgers may share one cache; the name is given once and kept for ever.
CREATE TABLE IF NOT EXISTS ledger (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    identity TEXT NOT NULL
) STRICT;
