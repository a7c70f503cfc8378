// Reads the movements of lots.
// $ids: LIST<STRING>
// Returns: lot: STRING, operation: STRING, kind: STRING, role: STRING, position: INTEGER, quantity, unit, continues:
//   STRING or null,
//   earliest, latest: INTEGER; a row for each link of a lot, in no order
// Why: Read before something is judged that was recorded late. The other ends have no label: with one, a planner that takes
//   the database for empty, as right after it was, would rather walk the index of all operations.
UNWIND $ids AS id
MATCH (l:Lot {id: id})
USING INDEX SEEK l:Lot(id)
MATCH (l)-[link:CONSUMED_INTO|PRODUCED|PROCESSED_IN]-(o)
RETURN id AS lot, o.id AS operation, o.kind AS kind,
  CASE type(link) WHEN 'CONSUMED_INTO' THEN 'CONSUMED' WHEN 'PRODUCED' THEN 'PRODUCED' ELSE 'IN_PLACE' END AS role,
  link.position AS position, link.quantity AS quantity, link.unit AS unit,
  link.earliest AS earliest, link.latest AS latest, link.continues AS continues
