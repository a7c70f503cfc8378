// Moves the ledger to its next revision.
// $revision: INTEGER
// Returns: nothing
// Why: The last write of a commit, under the lock that its first one took.
MATCH (g:Ledger {id: 'ledger'})
USING INDEX SEEK g:Ledger(id)
SET g.revision = $revision
