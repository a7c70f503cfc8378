// Creates the ledger's node when it is missing, and names it.
// $identity: STRING, a random name
// Returns: nothing
// Why: MERGE on a unique id: two services that start at once create one node, and the first one's name stays.
MERGE (g:Ledger {id: 'ledger'})
  ON CREATE SET g.revision = 0, g.identity = $identity
