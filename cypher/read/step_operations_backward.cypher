// Steps from operations to the lots that they consumed.
// $operations: LIST<STRING>
// $limit: INTEGER
// Returns: ids: LIST<STRING>, ordered, each once
// Why: One level of a closure of many seeds: a statement a level costs what is reached, whereas a search from each seed
//   would walk shared parts once for each of them.
UNWIND $operations AS operation
MATCH (o:Operation {id: operation})<-[:CONSUMED_INTO]-(l:Lot)
USING INDEX SEEK o:Operation(id)
WITH DISTINCT l.id AS id
ORDER BY id LIMIT $limit
RETURN collect(id) AS ids
