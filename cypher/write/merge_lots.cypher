// Writes the whole state of lots.
// $rows: LIST<MAP: every property of a lot>
// Returns: nothing
// Why: A null in a row removes that property, so a row is the lot's state and nothing of an older one stays.
UNWIND $rows AS row
MERGE (l:Lot {id: row.id})
SET l += row
