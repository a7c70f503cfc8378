// Reads a page of the links of each of some lots.
// $lots: LIST<STRING>
// $types: LIST<STRING>, relationship types
// $after: LIST [earliest, operation, role, position], or null
// $comparable: BOOLEAN, whether the operation in $after has no character from U+D800 on
// $limit: INTEGER, links a lot
// Returns: lot: STRING; edges: LIST<LIST [earliest, operation, role, position, kind, latest, quantity, unit, continues]>, ordered
//   by their first four
// Why: The subquery cuts each lot's page on the server, so a hub costs its page and not its degree.
//   Neo4j compares a parameter with a stored text by UTF-16 unit and stored texts by code point; where the two differ
//   the caller asks for everything from the key's moment on, and compares itself.
UNWIND $lots AS id
MATCH (l:Lot {id: id})
USING INDEX SEEK l:Lot(id)
CALL (l) {
  MATCH (l)-[link:CONSUMED_INTO|PRODUCED|PROCESSED_IN]-(o:Operation)
  WHERE type(link) IN $types
  WITH link, o, link.earliest AS earliest, o.id AS operation, link.position AS position,
    CASE type(link) WHEN 'CONSUMED_INTO' THEN 0 WHEN 'PRODUCED' THEN 1 ELSE 2 END AS role
  WHERE $after IS NULL OR earliest > $after[0] OR earliest = $after[0] AND (
    NOT $comparable OR operation > $after[1] OR operation = $after[1] AND (
      role > $after[2] OR role = $after[2] AND position > $after[3]))
  WITH link, o, earliest, operation, role, position
  ORDER BY earliest, operation, role, position LIMIT $limit
  RETURN collect([earliest, operation, role, position, o.kind, link.latest, link.quantity, link.unit, link.continues]) AS edges
}
RETURN l.id AS lot, edges
