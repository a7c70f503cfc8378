// Finds a page of lots by any of their numbers.
// $name: STRING
// $self: BOOLEAN, whether the name itself, as an id, lies behind $after
// $after: STRING; empty from the start
// $limit: INTEGER
// Returns: lot: MAP, ordered by id
// Why: Three seeks; one OR over three properties might be planned as a scan. The index compares the key (see
//   find_lots_by_material), except for the one id that is the name: the caller has compared that.
CALL () {
  MATCH (l:Lot {id: $name})
  USING INDEX SEEK l:Lot(id)
  WHERE $self
  RETURN l
  UNION
  MATCH (l:Lot)
  USING INDEX SEEK l:Lot(number, id)
  WHERE l.number = $name AND l.id > $after
  RETURN l
  UNION
  MATCH (l:Lot)
  USING INDEX SEEK l:Lot(supplier_lot, id)
  WHERE l.supplier_lot = $name AND l.id > $after
  RETURN l
}
WITH l ORDER BY l.id LIMIT $limit
RETURN l{.id, .number, .supplier_lot, .material, .attributes, .earliest_production, .state, .overdrawn} AS lot
