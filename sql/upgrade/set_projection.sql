-- Purpose: says which version the graph has now, and up to which revision it was derived at once.
-- ?1 version: INTEGER, that of the graph.
-- ?2 revision: INTEGER, that of the ledger.
-- Returns: nothing.
-- Why so:  in the transaction that puts the graph in place, so that neither is ever without the other.
UPDATE projection SET version = ?1, revision = ?2;
