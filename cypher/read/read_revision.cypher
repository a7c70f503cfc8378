// Reads the current revision.
// Returns: revision: INTEGER; no row before prepare
// Why: A seek of one node.
MATCH (g:Ledger {id: 'ledger'})
USING INDEX SEEK g:Ledger(id)
RETURN g.revision AS revision
