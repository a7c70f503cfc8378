// Reads a page of the links of each of some lots.
// $lots: LIST<STRING>
// $types: LIST<STRING>, relationship types
// $after: LIST [earliest, operation, role, position], or null
// $limit: INTEGER, links a lot
// Returns: lot: STRING; edges: LIST<LIST [earliest, operation, role, position, kind, latest, quantity, unit]>, ordered
//   by their first four
// Why: The subquery cuts each lot's page on the server, so a hub costs its page and not its degree.
//   The key's operation is looked up, because stored texts are compared by code point (see find_lots_by_material).
OPTIONAL MATCH (key:Operation {id: $after[1]})
USING INDEX SEEK key:Operation(id)
WITH coalesce(key.id, $after[1]) AS after
UNWIND $lots AS id
MATCH (l:Lot {id: id})
USING INDEX SEEK l:Lot(id)
CALL (l, after) {
  MATCH (l)-[link:CONSUMED_INTO|PRODUCED|PROCESSED_IN]-(o:Operation)
  WHERE type(link) IN $types
  WITH link, o, link.earliest AS earliest, o.id AS operation, link.position AS position,
    CASE type(link) WHEN 'CONSUMED_INTO' THEN 0 WHEN 'PRODUCED' THEN 1 ELSE 2 END AS role
  WHERE $after IS NULL OR earliest > $after[0] OR earliest = $after[0] AND (
    operation > after OR operation = after AND (
      role > $after[2] OR role = $after[2] AND position > $after[3]))
  WITH link, o, earliest, operation, role, position
  ORDER BY earliest, operation, role, position LIMIT $limit
  RETURN collect([earliest, operation, role, position, o.kind, link.latest, link.quantity, link.unit]) AS edges
}
RETURN l.id AS lot, edges
