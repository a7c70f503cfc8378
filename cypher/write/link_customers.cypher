// Links shipments with their customers.
// $rows: LIST<MAP {operation, party}>
// Returns: nothing
// Why: Both ends by unique seek; a relationship type cannot be a parameter.
UNWIND $rows AS row
MATCH (o:Operation {id: row.operation})
MATCH (p:Master {kind: 'Party', code: row.party})
CREATE (o)-[:SHIPPED_TO]->(p)
