// Finds a page of operations that end at one moment, by id.
// $at: INTEGER, microseconds
// $after: STRING
// $kinds: LIST<STRING> or null
// $name: STRING or null
// $voided: BOOLEAN or null
// $started_before: INTEGER or null, microseconds
// $party: STRING or null
// $equipment: LIST<STRING> or null
// $operator: STRING or null
// $shift: STRING or null
// $limit: INTEGER
// Returns: operation: MAP, ordered by id
// Why: The first part of a page behind a key (find_operations); the index compares the key (find_lots_by_material).
MATCH (o:Operation)
USING INDEX SEEK o:Operation(at, id)
WHERE o.at = $at AND o.id > $after
  AND ($kinds IS NULL OR o.kind IN $kinds)
  AND ($name IS NULL OR o.name = $name)
  AND ($voided IS NULL OR (o.voided_by IS NOT NULL) = $voided)
  AND ($started_before IS NULL OR o.started_at < $started_before)
  AND ($party IS NULL OR EXISTS { (o)-[:RECEIVED_FROM|SHIPPED_TO]->(:Party {code: $party}) })
  AND ($equipment IS NULL OR EXISTS { (o)-[:PROCESSED_BY]->(e:Equipment) WHERE e.code IN $equipment })
  AND ($operator IS NULL OR EXISTS { (o)-[:PROCESSED_BY]->(:Operator {code: $operator}) })
  AND ($shift IS NULL OR EXISTS { (o)-[:PROCESSED_BY]->(:Shift {code: $shift}) })
WITH o ORDER BY o.at, o.id LIMIT $limit
MATCH (e:Event {id: o.id})
USING INDEX SEEK e:Event(id)
RETURN o{.id, .voided_by, .void_reason, .void_replaced_by, .names, body: e.body} AS operation
ORDER BY o.at, o.id
