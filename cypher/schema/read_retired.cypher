// Reads a page of the ledger that was set aside, after a revision.
// $after: INTEGER, a revision
// $limit: INTEGER
// Returns: revision, index, recorded_at: INTEGER; id, body, actor, source: STRING; ordered by (revision, index)
// Why: The index yields the order; only events have an index.
MATCH (e:Retired)
USING INDEX SEEK e:Retired(revision, index)
WHERE e.revision > $after AND e.index > 0
RETURN e.revision AS revision, e.index AS index, e.recorded_at AS recorded_at,
  e.id AS id, e.body AS body, e.actor AS actor, e.source AS source
ORDER BY e.revision, e.index LIMIT $limit
