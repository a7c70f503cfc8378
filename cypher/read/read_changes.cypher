// Reads a page of the ledger after a position.
// $revision: INTEGER
// $index: INTEGER
// $until: INTEGER, a revision
// $limit: INTEGER
// Returns: revision, index, recorded_at: INTEGER; id, body, actor, source: STRING; ordered by (revision, index)
// Why: The index yields the order. $until keeps commits out that are still being applied.
//   CASE and not OR: the planner would turn OR into a union of two scans, and sort.
MATCH (e:Event)
USING INDEX SEEK e:Event(revision, index)
WHERE e.revision >= $revision AND e.revision <= $until AND e.index > 0
  AND CASE WHEN e.revision > $revision THEN true ELSE e.index > $index END
RETURN e.revision AS revision, e.index AS index, e.recorded_at AS recorded_at,
  e.id AS id, e.body AS body, e.actor AS actor, e.source AS source
ORDER BY e.revision, e.index LIMIT $limit
