// Reads master data by kind and code.
// $kind: STRING
// $codes: LIST<STRING>
// Returns: master: MAP; one row for each that exists
// Why: One seek for each code.
UNWIND $codes AS code
MATCH (m:Master {kind: $kind, code: code})
USING INDEX SEEK m:Master(kind, code)
RETURN m{.kind, .code, .body} AS master
