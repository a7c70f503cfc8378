// Links operations with equipment, operators and shifts.
// $rows: LIST<MAP {operation, kind, code, role}>
// Returns: nothing
// Why: Both ends by unique seek; the nodes were merged earlier in this transaction.
UNWIND $rows AS row
MATCH (o:Operation {id: row.operation})
USING INDEX SEEK o:Operation(id)
MATCH (m:Master {kind: row.kind, code: row.code})
USING INDEX SEEK m:Master(kind, code)
CREATE (o)-[:PROCESSED_BY {role: row.role}]->(m)
