// Reads the current revision.
// Returns: revision: INTEGER; no row before prepare
// Why: A seek of one node.
MATCH (g:Ledger {id: 'ledger'})
RETURN g.revision AS revision
