// Finds a page of lots of some statuses, AVAILABLE not among them, by id.
// $after: STRING; empty from the start
// $statuses: LIST<STRING>
// $materials: LIST<STRING> or null
// $origins: LIST<STRING> or null
// $hold: STRING or null
// $text: STRING in lower case, or null
// $produced_from: INTEGER or null
// $produced_before: INTEGER or null
// $classes: LIST<STRING> or null
// $limit: INTEGER
// Returns: lot: MAP, ordered by id
// Why: A lot that is available has no status, so the index holds the few others only. The key is compared by the index
//   (see find_lots_by_material).
UNWIND $statuses AS status
WITH DISTINCT status
MATCH (l:Lot)
USING INDEX SEEK l:Lot(status, id)
WHERE l.status = status AND l.id > $after AND l.alias_of IS NULL
  AND ($origins IS NULL OR l.origin IN $origins)
  AND ($materials IS NULL OR l.material IN $materials)
  AND ($hold IS NULL OR $hold IN l.holds)
  AND ($text IS NULL OR l.search CONTAINS $text)
  AND ($produced_from IS NULL OR l.earliest_production >= $produced_from)
  AND ($produced_before IS NULL OR l.earliest_production < $produced_before)
  AND ($classes IS NULL OR EXISTS { (l)-[:OF_MATERIAL]->(m) WHERE m.class IN $classes })
WITH l ORDER BY l.id LIMIT $limit
RETURN l{.id, .number, .supplier_lot, .material, .attributes, .earliest_production, .state, .overdrawn} AS lot
