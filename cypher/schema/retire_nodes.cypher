// Sets some nodes of the ledger and its old graph aside, whole: they keep what they say and how they are linked.
// $rows: INTEGER, how many at most
// Returns: count: INTEGER, how many there were
// Why: The phase is read under the ledger's lock, not before it, and only in this phase is anything set aside, so that a
//   second process never sets a new node aside. Their labels are kept as a property: whoever must go back puts them on
//   again.
MATCH (g:Ledger {id: 'ledger'})
SET g.locked_by = randomUUID()
WITH g
WHERE g.rebuild_phase = 'RETIRE'
MATCH (n:Lot|Operation|Master|Record|Event)
WITH n LIMIT $rows
SET n.retired_labels = labels(n), n:Retired
REMOVE n:Lot:Operation:Master:Record:Event:Material:Equipment:Operator:Shift:Party
RETURN count(n) AS count
