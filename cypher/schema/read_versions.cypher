// Reads which program's the database is, and how far a rebuild of its graph is.
// Returns: format, projection: INTEGER; phase: STRING, null when no rebuild is under way; of: INTEGER, the revision that it
//   must reach, or null; revision: INTEGER; no row before prepare
// Why: Asked before there are constraints, so without a hint; there is one ledger. Format 3 did not say its versions.
MATCH (g:Ledger {id: 'ledger'})
RETURN coalesce(g.format, 3) AS format, coalesce(g.projection, 1) AS projection,
  g.rebuild_phase AS phase, g.rebuild_of AS of, g.revision AS revision
