// Walks to what some lots were made from: their structural closure, to a depth.
// $seeds: LIST<STRING>
// $hops_max: INTEGER, even: the edges a walk may have
// $limit: INTEGER, nodes: the first in (hops, id) order are kept
// Returns: at most one row: revision: INTEGER;
//   lots: LIST<LIST [hops, id, material, earliest_production, overdrawn, links, in_place, degree]>,
//   operations: LIST<LIST [hops, id, kind, started_at, at, party, pairs, links, back]>; links are those that lead on in walking
//   direction: LIST [other id, position, quantity, unit, earliest, latest, continues], and so is in_place, with the quantities of
//   counts; degree and back: of lots at $hops_max, how many links lead on, and those of them that end in the answer
// Why: Cypher prunes a walk from one node only, so walking from each seed would walk what the seeds share once for each of
//   them. reduce() walks from all seeds at once, breadth first, a level in each round: COLLECT steps from the level to the
//   nodes that no earlier level has. Lots and operations take turns, so a step leads to one kind only: `ahead` are the
//   nodes of that kind that were reached before, `behind` those of the other one. A round that finds nothing to do costs
//   a comparison. Work in place is not part of the walk and is added behind it. One row with nested lists decodes faster
//   than a row for each node. The revision is read first, so that everything up to it is there for the walk to see, and
//   a question costs one round trip. A lot at $hops_max may be a tank with 10,000 draws: its draws are counted, which is
//   one look at the node, and those whose operation was reached by another way come from that operation's side.
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
    level: CASE WHEN hops = $hops_max OR size(walk.ahead) + size(walk.behind) + size(walk.level) >= $limit THEN [] ELSE COLLECT {
      UNWIND walk.level AS here
      MATCH (here)<-[:CONSUMED_INTO|PRODUCED]-(next)
      WHERE NOT next IN walk.ahead
      RETURN DISTINCT next
    } END
  } END) AS walk
WITH revision, walk.levels AS levels
UNWIND range(0, size(levels) - 1) AS reached
UNWIND levels[reached] AS n
MATCH worked = (n)-[:PROCESSED_IN*0..1]->(m)
WITH revision, m, min(reached + length(worked)) AS hops
WITH revision, m, hops, m.id AS id
ORDER BY hops, id LIMIT $limit
WITH revision, m, hops, id,
  [(m)<-[link:CONSUMED_INTO|PRODUCED]-(other) WHERE hops < $hops_max | [
    other.id, link.position, link.quantity, link.unit, link.earliest, link.latest, link.continues]] AS links,
  [(m)-[link:PRODUCED]->(other) | [
    other.id, link.position, link.quantity, link.unit, link.earliest, link.latest, link.continues]] AS back,
  [(m)-[link:PROCESSED_IN]->(other) | [
    other.id, link.position, link.quantity, link.unit, link.earliest, link.latest, link.continues]] AS in_place,
  CASE hops WHEN $hops_max THEN COUNT { (m)<-[:PRODUCED]-() } END AS degree
RETURN revision,
  collect(CASE hops % 2 WHEN 0 THEN [hops, id, m.material, m.earliest_production, m.overdrawn, links, in_place, degree] END) AS lots,
  collect(CASE hops % 2 WHEN 1 THEN [hops, id, m.kind, m.started_at, m.at, m.party, m.pairs, links, back] END) AS operations
