// Counts operations by kind.
// $from: INTEGER, microseconds
// $before: INTEGER, microseconds
// $kinds: LIST<STRING> or null
// $name: STRING or null
// $voided: BOOLEAN or null
// $started_before: INTEGER or null, microseconds
// $party: STRING or null
// $equipment: LIST<STRING> or null
// $operator: STRING or null
// $shift: STRING or null
// Returns: key: STRING; count: INTEGER; ordered by key
// Why: The index on the end bounds the walk.
MATCH (o:Operation)
USING INDEX o:Operation(at, id)
WHERE o.id > '' AND o.at >= $from AND o.at < $before
  AND ($kinds IS NULL OR o.kind IN $kinds)
  AND ($name IS NULL OR o.name = $name)
  AND ($voided IS NULL OR (o.voided_by IS NOT NULL) = $voided)
  AND ($started_before IS NULL OR o.started_at < $started_before)
  AND ($party IS NULL OR EXISTS { (o)-[:RECEIVED_FROM|SHIPPED_TO]->(:Party {code: $party}) })
  AND ($equipment IS NULL OR EXISTS { (o)-[:PROCESSED_BY]->(e:Equipment) WHERE e.code IN $equipment })
  AND ($operator IS NULL OR EXISTS { (o)-[:PROCESSED_BY]->(:Operator {code: $operator}) })
  AND ($shift IS NULL OR EXISTS { (o)-[:PROCESSED_BY]->(:Shift {code: $shift}) })
RETURN o.kind AS key, count(*) AS count
ORDER BY key
