// Indexes the text that a search over lots looks through.
// Returns: nothing
// Why: A text index answers CONTAINS; a range index does not.
CREATE TEXT INDEX index_lot_search IF NOT EXISTS FOR (n:Lot) ON (n.search)
