-- Purpose: which equipment, operators, shift and party a live operation had.
-- Returns: nothing.
-- Why so:  clustered by resource, then in the order of the answer (operations by end): the operations of a
--          resource are one range. The other way is in the event.
CREATE TABLE IF NOT EXISTS participation (
    resource  INTEGER NOT NULL REFERENCES master (key),
    ended     INTEGER NOT NULL,
    operation INTEGER NOT NULL REFERENCES operation (key),
    PRIMARY KEY (resource, ended, operation)
) STRICT, WITHOUT ROWID;
