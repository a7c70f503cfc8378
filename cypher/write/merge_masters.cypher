// Writes master data as declared, whole.
// $rows: LIST<MAP {kind, code, name, search, class, parent, roles, body}>
// Returns: nothing
// Why: One statement for five kinds: kind and code are the key, the kind's own label is for people and for patterns.
UNWIND $rows AS row
MERGE (m:Master {kind: row.kind, code: row.code})
SET m += row, m.declared = true
SET m:$(row.kind)
