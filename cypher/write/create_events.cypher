// Appends events to the ledger.
// $rows: LIST<MAP {id, revision, index, type, body, commit, recorded_at, actor, source}>, recorded_at in microseconds
// Returns: nothing
// Why: CREATE, not MERGE: the planner has seen that none exists, and the constraint would stop a mistake. Each row carries
//   its envelope, so that the events of many revisions are one statement.
UNWIND $rows AS row
CREATE (e:Event)
SET e = row
