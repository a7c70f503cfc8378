// Links receipts with their suppliers.
// $rows: LIST<MAP {operation, party}>
// Returns: nothing
// Why: Both ends by unique seek; a relationship type cannot be a parameter.
UNWIND $rows AS row
MATCH (o:Operation {id: row.operation})
USING INDEX SEEK o:Operation(id)
MATCH (p:Master {kind: 'Party', code: row.party})
USING INDEX SEEK p:Master(kind, code)
CREATE (o)-[:RECEIVED_FROM]->(p)
