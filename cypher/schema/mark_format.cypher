// From format 3 to 4: the ledger says its format, and which version its graph has.
// Returns: nothing
// Why: Nothing else changed. What is there stays, so that two who upgrade at once do it once.
MATCH (g:Ledger {id: 'ledger'})
WHERE coalesce(g.format, 3) = 3
SET g.format = 4, g.projection = coalesce(g.projection, 1)
