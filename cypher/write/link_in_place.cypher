// Links lots with the operations that work on them in place.
// $rows: LIST<MAP {operation, lot, position, quantity, unit, earliest, latest}>; quantity and unit are those of a
//   count, else null
// Returns: nothing
// Why: CREATE: an operation may name the same lot twice, and each time is a link of its own.
UNWIND $rows AS row
MATCH (o:Operation {id: row.operation})
USING INDEX SEEK o:Operation(id)
MATCH (l:Lot {id: row.lot})
USING INDEX SEEK l:Lot(id)
CREATE (l)-[:PROCESSED_IN {
  position: row.position, quantity: row.quantity, unit: row.unit, earliest: row.earliest, latest: row.latest
}]->(o)
