// Waits until every index is online.
// Returns: nothing
// Why: A seek on an index that is still populating would be planned as a scan.
CALL db.awaitIndexes(60)
