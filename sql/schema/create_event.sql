-- Purpose: the ledger: every event for ever, in order, as its canonical body.
-- Returns: nothing.
-- Why so:  the key counts upwards, so an append touches the last page only; the id is unique, which is
--          what makes a commit idempotent.
CREATE TABLE IF NOT EXISTS event (
    key      INTEGER PRIMARY KEY,
    id       TEXT NOT NULL UNIQUE,
    revision INTEGER NOT NULL REFERENCES revision (number),
    type     TEXT NOT NULL,
    body     TEXT NOT NULL
) STRICT;
