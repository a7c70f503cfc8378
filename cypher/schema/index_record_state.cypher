// Indexes records of a kind by state, and inside it by where they were raised.
// Returns: nothing
// Why: The open ones are few among the many that were worked off.
CREATE INDEX index_record_state IF NOT EXISTS FOR (n:Record) ON (n.kind, n.state, n.revision)
