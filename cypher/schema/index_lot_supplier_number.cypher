// Indexes lots by the supplier's number, and inside it by id.
// Returns: nothing
// Why: A supplier's notice names its own numbers; pages follow the id.
CREATE INDEX index_lot_supplier_number IF NOT EXISTS FOR (n:Lot) ON (n.supplier_lot, n.id)
