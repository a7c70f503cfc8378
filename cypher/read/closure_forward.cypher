// Walks to what was made from some lots: their structural closure.
// $seeds: LIST<STRING>
// $hops_max: INTEGER: the edges a walk may have
// $limit: INTEGER, nodes, one more than wanted: which of them are left out is not told
// Returns: at most one row: revision: INTEGER; more: BOOLEAN, whether the walk leads on from there;
//   lots: LIST<LIST [hops, id, material, earliest_production, overdrawn, links, in_place, null]>,
//   operations: LIST<LIST [hops, id, kind, started_at, at, party, pairs, links, []]>; links are those that lead on in walking
//   direction: LIST [other id, position, quantity, unit, earliest, latest, continues], and so is in_place, with the quantities of
//   counts; the last items are those of the statement to a depth, which this one needs not
// Why: Cypher prunes a walk from one node only, so walking from each seed would walk what the seeds share once for each of
//   them. reduce() walks from all seeds at once, breadth first, a level in each round: COLLECT steps from the level to the
//   nodes that no earlier level has. Lots and operations take turns, so a step leads to one kind only: `ahead` are the
//   nodes of that kind that were reached before, `behind` those of the other one. A round that finds nothing to do costs
//   a comparison. Work in place is not part of the walk and is added behind it. One row with nested lists decodes faster
//   than a row for each node. The revision is read first, so that everything up to it is there for the walk to see, and
//   a question costs one round trip. Nothing is sorted: an answer that is not cut is put in order by its reader, and one
//   that is is asked for anew, from the statement to a depth.
MATCH (g:Ledger {id: 'ledger'})
USING INDEX SEEK g:Ledger(id)
WITH g.revision AS revision
UNWIND $seeds AS seed
MATCH (s:Lot {id: seed})
USING INDEX SEEK s:Lot(id)
WHERE s.alias_of IS NULL
WITH revision, collect(DISTINCT s) AS seeds
WITH revision, reduce(walk = {level: seeds, levels: [], ahead: [], behind: []}, hops IN range(0, $hops_max) |
  CASE size(walk.level) WHEN 0 THEN walk ELSE {
    levels: walk.levels + [walk.level], ahead: walk.behind + walk.level, behind: walk.ahead,
    level: CASE WHEN size(walk.ahead) + size(walk.behind) + size(walk.level) >= $limit THEN [] ELSE COLLECT {
      UNWIND walk.level AS here
      MATCH (here)-[:CONSUMED_INTO|PRODUCED]->(next)
      WHERE NOT next IN walk.ahead
      RETURN DISTINCT next LIMIT $limit
    } END
  } END) AS walk
WITH revision, walk.levels AS levels, size(walk.level) > 0 AS more
UNWIND range(0, size(levels) - 1) AS reached
UNWIND levels[reached] AS n
MATCH worked = (n)-[:PROCESSED_IN*0..1]->(m)
WITH revision, more, m, min(reached + length(worked)) AS hops
WITH revision, more, m, hops, m.id AS id
LIMIT $limit
WITH revision, more, m, hops, id,
  [(m)-[link:CONSUMED_INTO|PRODUCED]->(other) | [
    other.id, link.position, link.quantity, link.unit, link.earliest, link.latest, link.continues]] AS links,
  [(m)-[link:PROCESSED_IN]->(other) | [
    other.id, link.position, link.quantity, link.unit, link.earliest, link.latest, link.continues]] AS in_place
RETURN revision, more,
  collect(CASE hops % 2 WHEN 0 THEN [hops, id, m.material, m.earliest_production, m.overdrawn, links, in_place, null] END) AS lots,
  collect(CASE hops % 2 WHEN 1 THEN [hops, id, m.kind, m.started_at, m.at, m.party, m.pairs, links, []] END) AS operations
