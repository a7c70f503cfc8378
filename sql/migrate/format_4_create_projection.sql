-- Purpose: from format 3 to 4: a place for the version of the graph.
-- Returns: nothing.
-- Why so:  a step of its own, which never changes again, whatever becomes of the table later.
CREATE TABLE IF NOT EXISTS projection (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    version  INTEGER NOT NULL,
    revision INTEGER NOT NULL
) STRICT;
