// Indexes lots by material.
// Returns: nothing
// Why: A filter by material must not read every lot.
CREATE INDEX index_lot_material IF NOT EXISTS FOR (n:Lot) ON (n.material)
