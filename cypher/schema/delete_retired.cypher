// Deletes some of what was set aside.
// $rows: INTEGER, how many at most
// Returns: count: INTEGER, how many there were
// Why: Only in this phase: the new graph is whole by then.
MATCH (g:Ledger {id: 'ledger'})
SET g.locked_by = randomUUID()
WITH g
WHERE g.rebuild_phase = 'DELETE'
MATCH (n:Retired)
WITH n LIMIT $rows
DETACH DELETE n
RETURN count(n) AS count
