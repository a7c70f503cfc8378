// Reads the lots that bear printed or supplier's numbers.
// $names: LIST<STRING>, numbers
// Returns: name: STRING, lots: LIST<STRING>, the first ten ids, count: INTEGER; one row for each number that any lot bears
// Why: Two seeks for each number; UNION drops a lot found twice. The empty text comes before every id, and is there because
//   the indexes are over two properties.
UNWIND $names AS name
CALL (name) {
  MATCH (l:Lot)
  USING INDEX SEEK l:Lot(number, id)
  WHERE l.number = name AND l.id > ''
  RETURN l.id AS id
  UNION
  MATCH (l:Lot)
  USING INDEX SEEK l:Lot(supplier_lot, id)
  WHERE l.supplier_lot = name AND l.id > ''
  RETURN l.id AS id
}
WITH name, id ORDER BY name, id
WITH name, collect(id) AS ids
RETURN name, ids[..10] AS lots, size(ids) AS count
