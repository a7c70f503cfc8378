-- Purpose: one link between an operation and a lot.
-- ?1 operation: INTEGER
-- ?2 role: INTEGER
-- ?3 position: INTEGER
-- ?4 lot: INTEGER
-- ?5 amount: TEXT or NULL
-- ?6 unit: TEXT or NULL
-- ?7 earliest: INTEGER
-- ?8 latest: INTEGER
-- ?9 continues: TEXT or NULL
-- Returns: nothing.
-- Why so:  in the order of the key, so neighbours land on the same page.
INSERT INTO link (operation, role, position, lot, amount, unit, earliest, latest, continues)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9);
