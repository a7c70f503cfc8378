// Creates lots.
// $rows: LIST<MAP: every property of a lot>
// Returns: nothing
// Why: The planner knows under the ledger's lock which lots are new, so nothing has to be looked up.
UNWIND $rows AS row
CREATE (l:Lot)
SET l = row
