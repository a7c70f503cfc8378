// Takes the write lock on the ledger and reads its revision.
// $commit: STRING, the commit that takes it
// Returns: revision: INTEGER
// Why: Writers take turns on one node, so a writer sees everything before it, and no two deadlock.
//   It is a real property write: reading alone takes no lock in Neo4j.
MATCH (g:Ledger {id: 'ledger'})
USING INDEX SEEK g:Ledger(id)
SET g.locked_by = $commit
RETURN g.revision AS revision
