// Reads the operations that were recorded of lots under some of their names.
// $rows: LIST<MAP {lot: STRING, names: LIST<STRING>}>
// $limit: INTEGER
// Returns: operation: STRING; one row for each
// Why: All operations of the lot are looked at, seldom as that is asked; some may be there whose link is of the lot's own
//   name. The other ends have no label (see read_movements).
UNWIND $rows AS row
MATCH (l:Lot {id: row.lot})
USING INDEX SEEK l:Lot(id)
MATCH (l)-[link:CONSUMED_INTO|PRODUCED|PROCESSED_IN]-(o)
WHERE l.id IN row.names OR any(name IN o.named WHERE name IN row.names)
RETURN DISTINCT o.id AS operation
LIMIT $limit
