// Indexes lots by status, and inside it by id.
// Returns: nothing
// Why: Lots that are available have no status and stay out of it, so ordinary work does not pay for it.
CREATE INDEX index_lot_status IF NOT EXISTS FOR (n:Lot) ON (n.status, n.id)
