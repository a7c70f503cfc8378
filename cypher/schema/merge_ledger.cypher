// Creates the ledger's node when it is missing, names it, and says which program's it is.
// $identity: STRING, a random name
// $format: INTEGER, the format of the ledger
// $projection: INTEGER, the version of the graph
// Returns: nothing
// Why: MERGE on a unique id: two services that start at once create one node, and the first one's name stays.
MERGE (g:Ledger {id: 'ledger'})
  ON CREATE SET g.revision = 0, g.identity = $identity, g.format = $format, g.projection = $projection
