// Reads what a subgraph says about operations, with the links that lead on.
// $ids: LIST<STRING>
// $bounded: BOOLEAN, whether the walk may stop before its end
// Returns: operations: LIST<LIST [0, id, kind, started_at, at, party, links, back]>, as in the closure
// Why: The same shape as the closure's, for nodes that the client has walked to; it knows their hops.
UNWIND $ids AS id
MATCH (m:Operation {id: id})
USING INDEX SEEK m:Operation(id)
WITH m, id,
  [(m)-[link:CONSUMED_INTO|PRODUCED]->(other) | [
    other.id, link.position, link.quantity, link.unit, link.earliest, link.latest]] AS links,
  [(m)<-[link:CONSUMED_INTO]-(other) WHERE $bounded | [
    other.id, link.position, link.quantity, link.unit, link.earliest, link.latest]] AS back
RETURN collect([0, id, m.kind, m.started_at, m.at, m.party, links, back]) AS operations
