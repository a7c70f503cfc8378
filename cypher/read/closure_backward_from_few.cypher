// Walks to what some lots were made from: the structural closure of few seeds.
// $seeds: LIST<STRING>
// $limit: INTEGER, nodes, one more than wanted: which of them are left out is not told
// Returns: at most one row: revision: INTEGER;
//   lots: LIST<LIST [hops, id, material, earliest_production, overdrawn, links, in_place, null]>,
//   operations: LIST<LIST [hops, id, kind, started_at, at, party, pairs, links, []]>; links are those that lead on in walking
//   direction: LIST [other id, position, quantity, unit, earliest, latest, continues], and so is in_place, with the quantities of
//   counts; the last items are those of the statement to a depth, which this one needs not
// Why: min(length(path)) and nothing else of the path lets Neo4j expand by pruning breadth first search: each node once,
//   where naming the path would enumerate all of them. It prunes the walk of one seed only, so that what seeds share is
//   walked once for each of them: many seeds have a statement of their own, which costs one seed more. Work in place
//   leads away from its lot and is added behind the walk. One row with nested lists decodes faster than a row for each
//   node. The revision is read first, so that everything up to it is there for the walk to see, and a question costs one
//   round trip. Nothing is sorted: an answer that is not cut is put in order by its reader, and one that is is asked for
//   anew, from the statement to a depth.
MATCH (g:Ledger {id: 'ledger'})
USING INDEX SEEK g:Ledger(id)
WITH g.revision AS revision
UNWIND $seeds AS seed
MATCH (s:Lot {id: seed})
USING INDEX SEEK s:Lot(id)
WHERE s.alias_of IS NULL
MATCH path = (s)<-[:CONSUMED_INTO|PRODUCED*0..]-(n)
WITH revision, n, min(length(path)) AS reached
MATCH worked = (n)-[:PROCESSED_IN*0..1]->(m)
WITH revision, m, min(reached + length(worked)) AS hops
WITH revision, m, hops, m.id AS id
LIMIT $limit
WITH revision, m, hops, id,
  [(m)<-[link:CONSUMED_INTO|PRODUCED]-(other) | [
    other.id, link.position, link.quantity, link.unit, link.earliest, link.latest, link.continues]] AS links,
  [(m)-[link:PROCESSED_IN]->(other) | [
    other.id, link.position, link.quantity, link.unit, link.earliest, link.latest, link.continues]] AS in_place
RETURN revision,
  collect(CASE hops % 2 WHEN 0 THEN [hops, id, m.material, m.earliest_production, m.overdrawn, links, in_place, null] END) AS lots,
  collect(CASE hops % 2 WHEN 1 THEN [hops, id, m.kind, m.started_at, m.at, m.party, m.pairs, links, []] END) AS operations
