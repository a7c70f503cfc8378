// Steps from lots to the operations that consume them.
// $lots: LIST<STRING>
// $limit: INTEGER
// Returns: ids: LIST<STRING>, ordered, each once
// Why: One level of a closure of many seeds: a statement a level costs what is reached, whereas a search from each seed
//   would walk shared parts once for each of them.
UNWIND $lots AS lot
MATCH (l:Lot {id: lot})-[:CONSUMED_INTO]->(o:Operation)
USING INDEX SEEK l:Lot(id)
WITH DISTINCT o.id AS id
ORDER BY id LIMIT $limit
RETURN collect(id) AS ids
