// Indexes operations by end and id.
// Returns: nothing
// Why: Pages of operations are cut along (end, id): the index yields them in that order.
CREATE INDEX index_operation_end IF NOT EXISTS FOR (n:Operation) ON (n.at, n.id)
