// Walks to what was made from some lots: the structural closure of few seeds.
// $seeds: LIST<STRING>
// $hops_max: INTEGER, even: the edges a walk may have
// $limit: INTEGER, nodes
// Returns: one row: lots: LIST<LIST [hops, id, material, earliest_production, links, in_place]>,
//   operations: LIST<LIST [hops, id, kind, started_at, at, party, links]>; links are those that lead on in walking direction:
//   LIST [other id, position, quantity, unit, earliest, latest], in_place: LIST [operation, position, earliest, latest]
// Why: min(length(path)) and nothing else of the path lets Neo4j expand by pruning breadth first search: each node once,
//   where naming the path would enumerate all of them. An upper bound cannot be a parameter, so the text `/* bound */` is
//   replaced by one of a few literals (statement.rs) that cut the search, and $hops_max cuts exactly. Work in place is not
//   part of the walk and is added behind it. One row with nested lists decodes faster than a row for each node.
UNWIND $seeds AS seed
MATCH (s:Lot {id: seed})
USING INDEX SEEK s:Lot(id)
MATCH path = (s)-[:CONSUMED_INTO|PRODUCED*0../* bound */]->(n)
WITH n, min(length(path)) AS reached
WHERE reached <= $hops_max
MATCH worked = (n)-[:PROCESSED_IN*0..1]->(m)
WITH m, min(reached + length(worked)) AS hops
WITH m, hops, m.id AS id
ORDER BY hops, id LIMIT $limit
WITH m, hops, id,
  [(m)-[link:CONSUMED_INTO|PRODUCED]->(other) | [
    other.id, link.position, link.quantity, link.unit, link.earliest, link.latest]] AS links,
  [(m)-[link:PROCESSED_IN]->(other) | [other.id, link.position, link.earliest, link.latest]] AS in_place
RETURN
  collect(CASE hops % 2 WHEN 0 THEN [hops, id, m.material, m.earliest_production, links, in_place] END) AS lots,
  collect(CASE hops % 2 WHEN 1 THEN [hops, id, m.kind, m.started_at, m.at, m.party, links] END) AS operations
