// Finds a page of lots that contain a text, by id.
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
// Why: The text index answers CONTAINS; texts are mostly selective, so sorting what is found is cheap.
//   Only for keys below U+D800, where both orders of Neo4j agree (see find_lots_by_material); the caller asks find_lots
//   for others.
MATCH (l:Lot)
USING TEXT INDEX l:Lot(search)
WHERE l.search CONTAINS $text AND l.id > $after AND l.alias_of IS NULL
  AND ($materials IS NULL OR l.material IN $materials)
  AND ($origins IS NULL OR l.origin IN $origins)
  AND ($statuses IS NULL OR coalesce(l.status, 'AVAILABLE') IN $statuses)
  AND ($produced_from IS NULL OR l.earliest_production >= $produced_from)
  AND ($produced_before IS NULL OR l.earliest_production < $produced_before)
  AND ($classes IS NULL OR EXISTS { (l)-[:OF_MATERIAL]->(m) WHERE m.class IN $classes })
WITH l ORDER BY l.id LIMIT $limit
RETURN l{.id, .number, .supplier_lot, .material, .attributes, .earliest_production, .state, .overdrawn} AS lot
