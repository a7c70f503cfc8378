-- Purpose: the edges between lots and live operations; role: 0 consumed, 1 in place, 2 produced.
-- Returns: nothing.
-- Why so:  clustered by operation and role: the lots that an operation leads to lie side by side. In place
--          stands between the other two, so that what a walk reads of a lot (consumed and in place, or in
--          place and produced) is one range of the index. continues is absent for nearly every link: it carries on what
--          a shipment had moved, and is that shipment's id, or empty when it is not known.
CREATE TABLE IF NOT EXISTS link (
    operation INTEGER NOT NULL REFERENCES operation (key),
    role      INTEGER NOT NULL CHECK (role BETWEEN 0 AND 2),
    position  INTEGER NOT NULL,
    lot       INTEGER NOT NULL REFERENCES lot (key),
    amount    TEXT,
    unit      TEXT,
    earliest  INTEGER NOT NULL,
    latest    INTEGER NOT NULL,
    continues TEXT,
    PRIMARY KEY (operation, role, position)
) STRICT, WITHOUT ROWID;
