// Finds a page of operations by (end, id).
// $after_at: INTEGER, microseconds
// $after_id: STRING; empty from the start
// $from: INTEGER, microseconds
// $before: INTEGER, microseconds
// $kinds: LIST<STRING> or null
// $name: STRING or null
// $voided: BOOLEAN or null
// $party: STRING or null
// $equipment: STRING or null
// $operator: STRING or null
// $shift: STRING or null
// $limit: INTEGER
// Returns: operation: MAP, ordered by (end, id)
// Why: The index on (at, id) yields the order; the caller puts the later of the filter's start and the key's end into $from.
//   CASE and not OR: the planner would turn OR into a union of two scans, and sort.
MATCH (o:Operation)
USING INDEX o:Operation(at, id)
WHERE o.id > '' AND o.at >= $from AND o.at < $before
  AND ($kinds IS NULL OR o.kind IN $kinds)
  AND ($name IS NULL OR o.name = $name)
  AND ($voided IS NULL OR (o.voided_by IS NOT NULL) = $voided)
  AND ($party IS NULL OR EXISTS { (o)-[:RECEIVED_FROM|SHIPPED_TO]->(:Party {code: $party}) })
  AND ($equipment IS NULL OR EXISTS { (o)-[:PROCESSED_BY]->(:Equipment {code: $equipment}) })
  AND ($operator IS NULL OR EXISTS { (o)-[:PROCESSED_BY]->(:Operator {code: $operator}) })
  AND ($shift IS NULL OR EXISTS { (o)-[:PROCESSED_BY]->(:Shift {code: $shift}) })
  AND CASE WHEN o.at > $after_at THEN true ELSE o.id > $after_id END
WITH o ORDER BY o.at, o.id LIMIT $limit
MATCH (e:Event {id: o.id})
USING INDEX SEEK e:Event(id)
RETURN o{.id, .voided_by, .void_reason, .void_replaced_by, body: e.body} AS operation
ORDER BY o.at, o.id
