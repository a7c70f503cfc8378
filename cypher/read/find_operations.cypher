// Finds a page of operations that end in a span of time, by (end, id).
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
// $limit: INTEGER
// Returns: operation: MAP, ordered by (end, id)
// Why: The index on (at, id) yields the order. A page behind a key is read in two parts: first find_operations_at,
//   then this from the next microsecond on, since an OR over both would be planned as a union of scans with a sort.
MATCH (o:Operation)
USING INDEX SEEK o:Operation(at, id)
WHERE o.id > '' AND o.at >= $from AND o.at < $before
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
