// Writes what records say by now.
// $rows: LIST<MAP {kind, id, state, body}>
// Returns: nothing
// Why: What a record is about and where it was raised never change.
UNWIND $rows AS row
MATCH (r:Record {kind: row.kind, id: row.id})
USING INDEX SEEK r:Record(kind, id)
SET r.state = row.state, r.body = row.body
