-- Purpose: master data of all five kinds: the last declaration whole, and what filters ask for.
-- Returns: nothing.
-- Why so:  one key space for all kinds lets participation refer to equipment, operators, shifts and
--          parties alike. body is absent while the item was only named by other events.
CREATE TABLE IF NOT EXISTS master (
    key    INTEGER PRIMARY KEY,
    kind   TEXT NOT NULL,
    code   TEXT NOT NULL,
    body   TEXT,
    class  TEXT,
    parent TEXT,
    search TEXT NOT NULL,
    UNIQUE (kind, code)
) STRICT;
