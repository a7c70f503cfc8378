// Reads the shipments and receipts, not withdrawn, that bear documents.
// $documents: LIST<STRING>
// $limit: INTEGER, operations of each document
// Returns: document: STRING, operations: LIST<LIST [id, kind]>, by id; one row for each document
// Why: One range of the index for each, which ends at the limit. The empty text comes before every id, and is there because
//   the index is over two properties.
UNWIND $documents AS document
CALL (document) {
  MATCH (o:Operation)
  USING INDEX SEEK o:Operation(document, id)
  WHERE o.document = document AND o.id > ''
  WITH o.id AS id, o.kind AS kind
  ORDER BY id LIMIT $limit
  RETURN collect([id, kind]) AS operations
}
RETURN document, operations
