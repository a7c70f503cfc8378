// Goes on to project the ledger, once everything old is set aside.
// Returns: nothing
// Why: The new ledger begins at revision 0 and grows again, which is how far the rebuild is. Only from the phases before
//   (read under the ledger's lock, so that a second process never sets it back), and only when nothing old is left.
MATCH (g:Ledger {id: 'ledger'})
SET g.locked_by = randomUUID()
WITH g
WHERE g.rebuild_phase IN ['RETIRE', 'DISCARD'] AND NOT EXISTS { (:Lot|Operation|Master|Record|Event) }
SET g.rebuild_phase = 'PROJECT', g.revision = 0
