// Writes what changed of lots: their flows, and what describes them where that is another.
// $rows: LIST<MAP: id and the properties to set>
// Returns: nothing
// Why: A null in a row removes that property; one that is not in the row stays, and its index is left alone.
UNWIND $rows AS row
MATCH (l:Lot {id: row.id})
USING INDEX SEEK l:Lot(id)
SET l += row
