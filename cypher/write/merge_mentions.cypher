// Writes master data that is only named so far; leaves alone what is there.
// $rows: LIST<MAP {kind, code, search}>
// Returns: nothing
// Why: A declaration that came first must survive a later mention.
UNWIND $rows AS row
MERGE (m:Master {kind: row.kind, code: row.code})
  ON CREATE SET m.search = row.search, m.declared = false, m:$(row.kind)
