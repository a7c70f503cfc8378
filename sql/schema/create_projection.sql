-- Purpose: the version of the graph that stands beside the ledger, one row, and up to which revision it was derived
--          at once when it was last built; commits behind that carry it on.
-- Returns: nothing.
-- Why so:  a program that derives another graph from the same events recognises an older one and builds it anew.
CREATE TABLE IF NOT EXISTS projection (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    version  INTEGER NOT NULL,
    revision INTEGER NOT NULL
) STRICT;
