// Indexes the ledger by position.
// Returns: nothing
// Why: The feed reads the ledger in order from any position.
CREATE INDEX index_event_position IF NOT EXISTS FOR (n:Event) ON (n.revision, n.index)
