// Indexes lots by material, and inside it by id.
// Returns: nothing
// Why: Pages of a material follow the id, which the index compares by code point (find_lots_by_material).
CREATE INDEX index_lot_material IF NOT EXISTS FOR (n:Lot) ON (n.material, n.id)
