// Appends events to the ledger.
// $rows: LIST<MAP {id, index, type, body}>
// $revision: INTEGER
// $commit: STRING
// $recorded_at: INTEGER, microseconds
// $actor: STRING
// $source: STRING
// Returns: nothing
// Why: CREATE, not MERGE: the planner has seen that none exists, and the constraint would stop a mistake.
UNWIND $rows AS row
CREATE (:Event {
  id: row.id, type: row.type, body: row.body, revision: $revision, index: row.index,
  commit: $commit, recorded_at: $recorded_at, actor: $actor, source: $source
})
