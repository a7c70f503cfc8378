// Reads the first production and the first draw of lots, some operations aside.
// $ids: LIST<STRING>
// $without: LIST<STRING>, ids of operations
// Returns: lot: STRING; production, draw: INTEGER or null; one row for each lot that exists
// Why: Read before a void is judged, whose operation may be the first. What comes back into the lot that it had left is no
//   production, and it was drawn by its shipment. The other ends have no label: with one, a planner that
//   takes the database for empty, as right after it was, would rather walk the index of all operations.
UNWIND $ids AS id
MATCH (l:Lot {id: id})
USING INDEX SEEK l:Lot(id)
OPTIONAL MATCH (l)<-[p:PRODUCED]-(o) WHERE NOT o.id IN $without
  AND NOT (o.kind = 'RETURN' AND EXISTS { (l)-[back:CONSUMED_INTO]->(o) WHERE back.position = p.position })
WITH l, min(p.earliest) AS production
OPTIONAL MATCH (l)-[c:CONSUMED_INTO]->(o) WHERE NOT o.id IN $without AND o.kind <> 'RETURN'
RETURN l.id AS lot, production, min(c.latest) AS draw
