// Takes links away that go to another lot.
// $rows: LIST<MAP {operation, type, position, lot}>
// Returns: nothing
// Why: From the operation, which has few links where a lot may have very many; each comes back as a link of its own.
UNWIND $rows AS row
MATCH (o:Operation {id: row.operation})
USING INDEX SEEK o:Operation(id)
MATCH (o)-[link:CONSUMED_INTO|PRODUCED|PROCESSED_IN]-(l)
WHERE type(link) = row.type AND link.position = row.position AND l.id = row.lot
DELETE link
