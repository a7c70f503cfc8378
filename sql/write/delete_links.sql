-- Purpose: takes the links of a voided operation out of the graph.
-- ?1 operation: INTEGER
-- Returns: nothing.
-- Why so:  one range of the table; the event still says what they were.
DELETE FROM link WHERE operation = ?1;
