// Indexes lots by the supplier's number.
// Returns: nothing
// Why: A supplier's notice names its own numbers.
CREATE INDEX index_lot_supplier_number IF NOT EXISTS FOR (n:Lot) ON (n.supplier_lot)
