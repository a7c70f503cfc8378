// Ties lots to their material.
// $rows: LIST<MAP {lot, material}>
// Returns: nothing
// Why: A lot has one material; it may change while no live event states it.
UNWIND $rows AS row
MATCH (l:Lot {id: row.lot})
USING INDEX SEEK l:Lot(id)
MATCH (m:Master {kind: 'Material', code: row.material})
USING INDEX SEEK m:Master(kind, code)
OPTIONAL MATCH (l)-[old:OF_MATERIAL]->(other) WHERE other <> m
DELETE old
WITH DISTINCT l, m
MERGE (l)-[:OF_MATERIAL]->(m)
