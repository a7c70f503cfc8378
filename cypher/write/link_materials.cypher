// Ties lots to their material.
// $rows: LIST<MAP {lot, material}>, lots that are tied to none
// Returns: nothing
// Why: Plain creation: a MERGE would look through the relationships of a material that thousands of lots have.
UNWIND $rows AS row
MATCH (l:Lot {id: row.lot})
USING INDEX SEEK l:Lot(id)
MATCH (m:Master {kind: 'Material', code: row.material})
USING INDEX SEEK m:Master(kind, code)
CREATE (l)-[:OF_MATERIAL]->(m)
