// Deletes some nodes of a new graph that another program had begun to build.
// $rows: INTEGER, how many at most
// Returns: count: INTEGER, how many there were
// Why: Under the ledger's lock, and only in this phase; the old graph and the ledger are set aside and stay.
MATCH (g:Ledger {id: 'ledger'})
SET g.locked_by = randomUUID()
WITH g
WHERE g.rebuild_phase = 'DISCARD'
MATCH (n:Lot|Operation|Master|Record|Event)
WITH n LIMIT $rows
DETACH DELETE n
RETURN count(n) AS count
