-- Purpose: gives the ledger another name.
-- ?1 identity: TEXT, the name.
-- Returns: nothing.
-- Why so:  a ledger that was restored may go another way than the one it was copied from, and what caches hold about
--          the one must not be taken for the other.
UPDATE ledger SET identity = ?1;
