-- Purpose: an event by its key.
-- ?1 key: INTEGER, its place in the whole ledger.
-- Returns: at most one row (id, revision, body).
-- Why so:  what a killed rebuild left is gone on with when its last event is the ledger's at that place.
SELECT id, revision, body FROM event WHERE key = ?1;
