// Reads the name of this ledger.
// Returns: identity: STRING; no row before prepare
// Why: A seek of one node.
MATCH (g:Ledger {id: 'ledger'})
USING INDEX SEEK g:Ledger(id)
RETURN g.identity AS identity
