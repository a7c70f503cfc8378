-- Purpose: one row for each commit that changed anything, with the envelope of its events.
-- Returns: nothing.
-- Why so:  events of a revision have consecutive keys, so a place in the ledger is found by arithmetic,
--          without an index on the events.
CREATE TABLE IF NOT EXISTS revision (
    number      INTEGER PRIMARY KEY,
    commit_id   BLOB NOT NULL CHECK (length(commit_id) = 16),
    recorded_at INTEGER NOT NULL,
    actor       TEXT NOT NULL,
    source      TEXT NOT NULL,
    first_event INTEGER NOT NULL,
    events      INTEGER NOT NULL CHECK (events > 0)
) STRICT;
