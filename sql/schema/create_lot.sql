-- Purpose: lots, whole: what each is called and searched by, and its state as of the current revision.
-- Returns: nothing.
-- Why so:  state is JSON, since it is only ever read whole; crates/store/src/lot_state.rs says what is in it. overdrawn
--          is apart because walks read it, and absent for nearly every lot. status is absent while the lot is
--          available, as most are; search is what a text filter looks through, in lower case, because SQLite folds
--          ASCII only. likeness is what ids that look alike have in common.
--          alias_of is the id of what the lot is only another name of: it is found by its id, and by nothing else.
CREATE TABLE IF NOT EXISTS lot (
    key                 INTEGER PRIMARY KEY,
    id                  TEXT NOT NULL UNIQUE,
    number              TEXT,
    supplier_lot        TEXT,
    material            INTEGER REFERENCES master (key),
    attributes          TEXT,
    origin              TEXT NOT NULL,
    earliest_production INTEGER,
    search              TEXT NOT NULL,
    status              TEXT,
    overdrawn           TEXT,
    likeness            TEXT NOT NULL,
    alias_of            TEXT,
    state               TEXT NOT NULL
) STRICT;
