// Indexes the ledger that is projected anew by position.
// Returns: nothing
// Why: A rebuild reads it in order, page by page. It is empty at all other times.
CREATE INDEX index_retired_position IF NOT EXISTS FOR (n:Retired) ON (n.revision, n.index)
