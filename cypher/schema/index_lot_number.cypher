// Indexes lots by printed number, and inside it by id.
// Returns: nothing
// Why: People look a lot up by what they read on it; pages follow the id.
CREATE INDEX index_lot_number IF NOT EXISTS FOR (n:Lot) ON (n.number, n.id)
