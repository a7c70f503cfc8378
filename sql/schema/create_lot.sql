-- Purpose: lots, whole: identity, master data and flows as of the current revision.
-- Returns: nothing.
-- Why so:  a flow is JSON (absent while nothing moved), since it is only ever read whole, and so is what holds
--          say and what does not add up; status is absent while the lot is available, as most are; search is what a
--          text filter looks through, in lower case, because SQLite folds ASCII only.
CREATE TABLE IF NOT EXISTS lot (
    key                 INTEGER PRIMARY KEY,
    id                  TEXT NOT NULL UNIQUE,
    number              TEXT,
    supplier_lot        TEXT,
    material            INTEGER REFERENCES master (key),
    material_claims     INTEGER NOT NULL,
    attributes          TEXT,
    received            TEXT,
    produced            TEXT,
    consumed            TEXT,
    shipped             TEXT,
    scrapped            TEXT,
    in_place            INTEGER NOT NULL,
    origin              TEXT NOT NULL,
    earliest_production INTEGER,
    earliest_draw       INTEGER,
    search              TEXT NOT NULL,
    quarantine          TEXT,
    anomalies           TEXT,
    status              TEXT
) STRICT;
