// Creates operations.
// $rows: LIST<MAP {id, kind, name, started_at, at, party, pairs, document, names, named}>
// Returns: nothing
// Why: Only what traces and filters read; everything else is in the event of the same id.
UNWIND $rows AS row
CREATE (o:Operation)
SET o = row
