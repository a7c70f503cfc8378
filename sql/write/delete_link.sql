-- Purpose: takes a link away that goes to another lot.
-- ?1 operation: INTEGER
-- ?2 role: INTEGER
-- ?3 position: INTEGER
-- Returns: nothing.
-- Why so:  by its key; it comes back as a row of its own.
DELETE FROM link WHERE operation = ?1 AND role = ?2 AND position = ?3;
