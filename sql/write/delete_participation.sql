-- Purpose: takes one resource of a voided operation out of the graph.
-- ?1 resource: INTEGER
-- ?2 ended: INTEGER
-- ?3 operation: INTEGER
-- Returns: nothing.
-- Why so:  the whole key is known from the event, so no second index is kept for the rare void.
DELETE FROM participation WHERE resource = ?1 AND ended = ?2 AND operation = ?3;
