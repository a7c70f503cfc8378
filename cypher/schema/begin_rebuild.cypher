// Begins a rebuild of the graph, or one anew that an older program did not finish.
// $projection: INTEGER, the version of the graph to be built
// Returns: phase: STRING, where the rebuild stands now; no row when another process has ended it meanwhile
// Why: Under the ledger's lock. What another program had begun to build is no beginning of this graph: it is discarded.
//   One that another program had finished is ended first, and says whose it is.
MATCH (g:Ledger {id: 'ledger'})
SET g.locked_by = randomUUID()
WITH g, g.rebuild_phase AS phase, g.rebuild_to = $projection AS same
WHERE phase IS NOT NULL OR coalesce(g.projection, 1) < $projection
SET g.rebuild_of = CASE WHEN phase IS NULL THEN g.revision ELSE g.rebuild_of END,
  g.rebuild_to = CASE WHEN phase = 'DELETE' THEN g.rebuild_to ELSE $projection END,
  g.rebuild_phase = CASE
    WHEN phase IS NULL THEN 'RETIRE'
    WHEN phase = 'PROJECT' AND NOT same THEN 'DISCARD'
    ELSE phase END
RETURN g.rebuild_phase AS phase
