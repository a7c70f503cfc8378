// Reads what a subgraph says about lots, with the links that lead on.
// $ids: LIST<STRING>
// $last: BOOLEAN, whether these lots are as far as the walk may go
// Returns: lots: LIST<LIST [0, id, material, earliest_production, links, in_place, degree]>, as in the closure
// Why: The same shape as the closure's, for nodes that the client has walked to; it knows their hops.
UNWIND $ids AS id
MATCH (m:Lot {id: id})
USING INDEX SEEK m:Lot(id)
WITH m, id,
  [(m)-[link:CONSUMED_INTO|PRODUCED]->(other) WHERE NOT $last | [
    other.id, link.position, link.quantity, link.unit, link.earliest, link.latest]] AS links,
  [(m)-[link:PROCESSED_IN]->(other) | [
    other.id, link.position, link.quantity, link.unit, link.earliest, link.latest]] AS in_place,
  CASE WHEN $last THEN COUNT { (m)-[:CONSUMED_INTO]->() } END AS degree
RETURN collect([0, id, m.material, m.earliest_production, links, in_place, degree]) AS lots
