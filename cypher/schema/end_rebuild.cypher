// Forgets the rebuild once nothing old is left, and says from now on which graph there is.
// Returns: nothing
// Why: The last step. Until then the database says that it is of an older program, so that whoever comes after a kill goes
//   on. What is left is looked at again under the ledger's lock, since a transaction that a killed process left in the
//   server may end late; then the same process deletes once more.
MATCH (g:Ledger {id: 'ledger'})
SET g.locked_by = randomUUID()
WITH g
WHERE g.rebuild_phase = 'DELETE' AND NOT EXISTS { (:Retired) }
SET g.projection = g.rebuild_to
REMOVE g.rebuild_phase, g.rebuild_of, g.rebuild_to
