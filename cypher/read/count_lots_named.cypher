// Counts lots by any of their numbers.
// $name: STRING
// Returns: count: INTEGER
// Why: Three seeks.
CALL () {
  MATCH (l:Lot {id: $name})
  USING INDEX SEEK l:Lot(id)
  RETURN l
  UNION
  MATCH (l:Lot)
  USING INDEX SEEK l:Lot(number, id)
  WHERE l.number = $name AND l.id > ''
  RETURN l
  UNION
  MATCH (l:Lot)
  USING INDEX SEEK l:Lot(supplier_lot, id)
  WHERE l.supplier_lot = $name AND l.id > ''
  RETURN l
}
RETURN count(*) AS count
