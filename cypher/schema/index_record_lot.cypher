// Indexes records by the lot that they are about.
// Returns: nothing
// Why: Records about no single lot have none and stay out of it.
CREATE INDEX index_record_lot IF NOT EXISTS FOR (n:Record) ON (n.lot, n.kind)
