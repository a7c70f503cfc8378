-- Purpose: records: what people work off, of every kind: holds, alerts.
-- Returns: nothing.
-- Why so:  the body is JSON, read whole; what lists filter and order by stands beside it. The place is that of
--          the commit that raised the record, and stays when it changes.
CREATE TABLE IF NOT EXISTS record (
    key      INTEGER PRIMARY KEY,
    kind     TEXT NOT NULL,
    id       TEXT NOT NULL,
    revision INTEGER NOT NULL REFERENCES revision (number),
    place    INTEGER NOT NULL,
    state    TEXT NOT NULL,
    category TEXT,
    lot      TEXT,
    body     TEXT NOT NULL,
    UNIQUE (kind, id)
) STRICT;
