// Writes what the names of lots in operations mean by now, and which inputs therefore went into one output only.
// $rows: LIST<MAP {operation, names, named, pairs}>; names, the further names with what they mean as JSON, and
//   named, those names as
//   a list, are null when there are none
// Returns: nothing
// Why: One seek for each.
UNWIND $rows AS row
MATCH (o:Operation {id: row.operation})
USING INDEX SEEK o:Operation(id)
SET o.names = row.names, o.named = row.named, o.pairs = row.pairs
