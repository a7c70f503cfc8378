// Indexes records of a kind by where they were raised.
// Returns: nothing
// Why: The order of every list and of the feed.
CREATE INDEX index_record_place IF NOT EXISTS FOR (n:Record) ON (n.kind, n.revision, n.place)
