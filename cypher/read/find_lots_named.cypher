// Finds a page of lots by any of their numbers.
// $name: STRING
// $after: STRING; empty from the start
// $limit: INTEGER
// Returns: lot: MAP, ordered by id
// Why: Three seeks; one OR over three properties might be planned as a scan.
CALL () {
  MATCH (l:Lot {id: $name}) RETURN l
  UNION
  MATCH (l:Lot {number: $name}) RETURN l
  UNION
  MATCH (l:Lot {supplier_lot: $name}) RETURN l
}
WITH l WHERE l.id > $after
WITH l ORDER BY l.id LIMIT $limit
RETURN l{.id, .number, .supplier_lot, .material, .material_claims, .attributes, .flows, .in_place, .earliest_production} AS lot
