// Reads records of one kind by id.
// $kind: STRING
// $ids: LIST<STRING>
// Returns: record: MAP; one row for each that exists
// Why: One seek for each id.
UNWIND $ids AS id
MATCH (r:Record {kind: $kind, id: id})
USING INDEX SEEK r:Record(kind, id)
RETURN r{.kind, .revision, .place, .body} AS record
