// Walks to what some lots were made from: the structural closure of few seeds, to a depth.
// $seeds: LIST<STRING>
// $hops_max: INTEGER, even: the edges a walk may have
// $limit: INTEGER, nodes: the first in (hops, id) order are kept
// Returns: at most one row: revision: INTEGER;
//   lots: LIST<LIST [hops, id, material, earliest_production, links, in_place, degree]>,
//   operations: LIST<LIST [hops, id, kind, started_at, at, party, links, back]>; links are those that lead on in walking
//   direction: LIST [other id, position, quantity, unit, earliest, latest], and so is in_place, with the quantities of
//   counts; degree and back: of lots at $hops_max, how many links lead on, and those of them that end in the answer
// Why: min(length(path)) and nothing else of the path lets Neo4j expand by pruning breadth first search: each node once,
//   where naming the path would enumerate all of them. An upper bound cannot be a parameter, so the text `/* bound */` is
//   replaced by one of a few literals (statement.rs) that cut the search, and $hops_max cuts exactly. Work in place is not
//   part of the walk and is added behind it. One row with nested lists decodes faster than a row for each node.
//   A lot at $hops_max may be a tank with 10,000 draws: its draws are counted, which is one look at the node, and those
//   whose operation was reached by another way come from that operation's side. The revision is read first, so that
//   everything up to it is there for the walk to see, and a question costs one round trip.
MATCH (g:Ledger {id: 'ledger'})
USING INDEX SEEK g:Ledger(id)
WITH g.revision AS revision
UNWIND $seeds AS seed
MATCH (s:Lot {id: seed})
USING INDEX SEEK s:Lot(id)
MATCH path = (s)<-[:CONSUMED_INTO|PRODUCED*0../* bound */]-(n)
WITH revision, n, min(length(path)) AS reached
WHERE reached <= $hops_max
MATCH worked = (n)-[:PROCESSED_IN*0..1]->(m)
WITH revision, m, min(reached + length(worked)) AS hops
WITH revision, m, hops, m.id AS id
ORDER BY hops, id LIMIT $limit
WITH revision, m, hops, id,
  [(m)<-[link:CONSUMED_INTO|PRODUCED]-(other) WHERE hops < $hops_max | [
    other.id, link.position, link.quantity, link.unit, link.earliest, link.latest]] AS links,
  [(m)-[link:PRODUCED]->(other) | [
    other.id, link.position, link.quantity, link.unit, link.earliest, link.latest]] AS back,
  [(m)-[link:PROCESSED_IN]->(other) | [
    other.id, link.position, link.quantity, link.unit, link.earliest, link.latest]] AS in_place,
  CASE hops WHEN $hops_max THEN COUNT { (m)<-[:PRODUCED]-() } END AS degree
RETURN revision,
  collect(CASE hops % 2 WHEN 0 THEN [hops, id, m.material, m.earliest_production, links, in_place, degree] END) AS lots,
  collect(CASE hops % 2 WHEN 1 THEN [hops, id, m.kind, m.started_at, m.at, m.party, links, back] END) AS operations
