// Counts lots by any of their numbers.
// $name: STRING
// Returns: count: INTEGER
// Why: Three seeks.
CALL () {
  MATCH (l:Lot {id: $name}) RETURN l
  UNION
  MATCH (l:Lot {number: $name}) RETURN l
  UNION
  MATCH (l:Lot {supplier_lot: $name}) RETURN l
}
RETURN count(*) AS count
