// Reads the lots whose ids look alike.
// $names: LIST<STRING>, likenesses
// Returns: name: STRING, lots: LIST<STRING>, the first ten ids, count: INTEGER; one row for each name that any lot has
// Why: One seek for each name, which nearly always finds nothing.
UNWIND $names AS name
MATCH (l:Lot)
USING INDEX SEEK l:Lot(likeness)
WHERE l.likeness = name
WITH name, l.id AS id ORDER BY name, id
WITH name, collect(id) AS ids
RETURN name, ids[..10] AS lots, size(ids) AS count
