// Creates the ledger's node when it is missing.
// Returns: nothing
// Why: MERGE on a unique id: two services that start at once create one node.
MERGE (g:Ledger {id: 'ledger'})
  ON CREATE SET g.revision = 0
