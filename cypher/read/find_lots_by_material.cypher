// Finds a page of lots of some materials, by id.
// $after: STRING; empty from the start
// $materials: LIST<STRING>
// $origins: LIST<STRING> or null
// $statuses: LIST<STRING> or null
// $text: STRING in lower case, or null
// $produced_from: INTEGER or null
// $produced_before: INTEGER or null
// $classes: LIST<STRING> or null
// $limit: INTEGER
// Returns: lot: MAP, ordered by id
// Why: Seeks the lots of these materials and keeps the first; a walk along all ids would be long when they are few.
//   The key is compared by the index: outside of it Neo4j compares a parameter with a stored text by UTF-16 unit, and
//   so beyond the basic plane in another order than the stored texts among themselves.
UNWIND $materials AS material
WITH DISTINCT material
MATCH (l:Lot)
USING INDEX SEEK l:Lot(material, id)
WHERE l.material = material AND l.id > $after AND l.alias_of IS NULL
  AND ($origins IS NULL OR l.origin IN $origins)
  AND ($statuses IS NULL OR coalesce(l.status, 'AVAILABLE') IN $statuses)
  AND ($text IS NULL OR l.search CONTAINS $text)
  AND ($produced_from IS NULL OR l.earliest_production >= $produced_from)
  AND ($produced_before IS NULL OR l.earliest_production < $produced_before)
  AND ($classes IS NULL OR EXISTS { (l)-[:OF_MATERIAL]->(m) WHERE m.class IN $classes })
WITH l ORDER BY l.id LIMIT $limit
RETURN l{.id, .number, .supplier_lot, .material, .attributes, .earliest_production, .state, .overdrawn} AS lot
