// Counts lots.
// $materials: LIST<STRING> or null
// $origins: LIST<STRING> or null
// $statuses: LIST<STRING> or null
// $hold: STRING or null
// $text: STRING in lower case, or null
// $produced_from: INTEGER or null
// $produced_before: INTEGER or null
// $classes: LIST<STRING> or null
// Returns: count: INTEGER
// Why: The lower bound on id makes it an index walk and not a label scan.
MATCH (l:Lot)
WHERE l.id > '' AND l.alias_of IS NULL
  AND ($materials IS NULL OR l.material IN $materials)
  AND ($origins IS NULL OR l.origin IN $origins)
  AND ($statuses IS NULL OR coalesce(l.status, 'AVAILABLE') IN $statuses)
  AND ($hold IS NULL OR $hold IN l.holds)
  AND ($text IS NULL OR l.search CONTAINS $text)
  AND ($produced_from IS NULL OR l.earliest_production >= $produced_from)
  AND ($produced_before IS NULL OR l.earliest_production < $produced_before)
  AND ($classes IS NULL OR EXISTS { (l)-[:OF_MATERIAL]->(m) WHERE m.class IN $classes })
RETURN count(*) AS count
