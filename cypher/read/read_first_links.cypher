// Reads the first production and the first draw of lots, some operations aside.
// $ids: LIST<STRING>
// $without: LIST<STRING>, ids of operations
// Returns: lot: STRING; production, draw: INTEGER or null; one row for each lot that exists
// Why: Read before a void is judged, whose operation may be the first. What carries on a shipment is neither: it had been
//   drawn by that, and it comes back into a lot that was there. The other ends have no label: with one, a planner that
//   takes the database for empty, as right after it was, would rather walk the index of all operations.
UNWIND $ids AS id
MATCH (l:Lot {id: id})
USING INDEX SEEK l:Lot(id)
OPTIONAL MATCH (l)<-[p:PRODUCED]-(o) WHERE p.continues IS NULL AND NOT o.id IN $without
WITH l, min(p.earliest) AS production
OPTIONAL MATCH (l)-[c:CONSUMED_INTO]->(o) WHERE c.continues IS NULL AND NOT o.id IN $without
RETURN l.id AS lot, production, min(c.latest) AS draw
