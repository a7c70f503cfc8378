-- Purpose: operations, as far as walks and filters need them; the rest is in the event of the same key.
-- Returns: nothing.
-- Why so:  narrow rows make a walk cheap. The id repeats that of the event, which spares the walk a second
--          look-up; it is unique there. A voided operation has no party any more. pairs
--          tells the inputs that went into one output only, names what those names of lots in the event mean that are not the
--          lots' own, as a JSON object; nearly every operation has neither.
--          document is that of shipments and receipts that are not voided.
CREATE TABLE IF NOT EXISTS operation (
    key       INTEGER PRIMARY KEY REFERENCES event (key),
    id        TEXT NOT NULL,
    kind      TEXT NOT NULL,
    name      TEXT,
    started   INTEGER NOT NULL,
    ended     INTEGER NOT NULL,
    party     INTEGER REFERENCES master (key),
    pairs     TEXT,
    names     TEXT,
    document  TEXT,
    voided_by INTEGER REFERENCES event (key)
) STRICT;
