// Creates the records that a commit raises.
// $rows: LIST<MAP {kind, id, revision, place, state, category, lot, body}>
// Returns: nothing
// Why: CREATE, not MERGE: the planner has seen that none exists, and the constraint would stop a mistake.
UNWIND $rows AS row
CREATE (r:Record)
SET r = row
