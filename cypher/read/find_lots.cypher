// Finds a page of lots by id.
// $after: STRING; empty from the start
// $materials: LIST<STRING> or null
// $origins: LIST<STRING> or null
// $statuses: LIST<STRING> or null
// $text: STRING in lower case, or null
// $produced_from: INTEGER or null
// $produced_before: INTEGER or null
// $classes: LIST<STRING> or null
// $limit: INTEGER
// Returns: lot: MAP, ordered by id
// Why: The index on id yields the order, so the page stops at its limit without sorting.
MATCH (l:Lot)
WHERE l.id > $after AND l.alias_of IS NULL
  AND ($materials IS NULL OR l.material IN $materials)
  AND ($origins IS NULL OR l.origin IN $origins)
  AND ($statuses IS NULL OR coalesce(l.status, 'AVAILABLE') IN $statuses)
  AND ($text IS NULL OR l.search CONTAINS $text)
  AND ($produced_from IS NULL OR l.earliest_production >= $produced_from)
  AND ($produced_before IS NULL OR l.earliest_production < $produced_before)
  AND ($classes IS NULL OR EXISTS { (l)-[:OF_MATERIAL]->(m) WHERE m.class IN $classes })
WITH l ORDER BY l.id LIMIT $limit
RETURN l{.id, .number, .supplier_lot, .material, .attributes, .earliest_production, .state, .overdrawn} AS lot
