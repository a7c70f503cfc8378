// Ends a rebuild: the new graph is whole; what is old may go.
// Returns: nothing
// Why: Only from the phase before, and only when the new ledger has reached its end. Both are read under the ledger's lock.
MATCH (g:Ledger {id: 'ledger'})
SET g.locked_by = randomUUID()
WITH g
WHERE g.rebuild_phase = 'PROJECT' AND g.revision = g.rebuild_of
SET g.rebuild_phase = 'DELETE'
