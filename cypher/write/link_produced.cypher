// Links operations with the lots they produce.
// $rows: LIST<MAP {operation, lot, position, quantity, unit, earliest, latest, continues}>; quantity, unit and
//   continues may be null
// Returns: nothing
// Why: CREATE: an operation may name the same lot twice, and each time is a link of its own.
UNWIND $rows AS row
MATCH (o:Operation {id: row.operation})
USING INDEX SEEK o:Operation(id)
MATCH (l:Lot {id: row.lot})
USING INDEX SEEK l:Lot(id)
CREATE (o)-[:PRODUCED {
  position: row.position, quantity: row.quantity, unit: row.unit, earliest: row.earliest, latest: row.latest,
  continues: row.continues
}]->(l)
