// Indexes what ids that look alike have in common.
// Returns: nothing
// Why: Each new lot is looked up by it.
CREATE INDEX index_lot_likeness IF NOT EXISTS FOR (n:Lot) ON (n.likeness)
