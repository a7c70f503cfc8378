// Indexes lots by printed number.
// Returns: nothing
// Why: People look a lot up by what they read on it.
CREATE INDEX index_lot_number IF NOT EXISTS FOR (n:Lot) ON (n.number)
