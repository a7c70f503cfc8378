// Finds a page of records of one kind, in the order in which they were raised.
// $kind: STRING
// $revision: INTEGER
// $place: INTEGER; the page starts behind this place of that revision
// $until: INTEGER, a revision
// $categories: LIST<STRING> or null
// $limit: INTEGER
// Returns: record: MAP, ordered by (revision, place)
// Why: The index yields the order; named whole, or the planner would sort. CASE and not OR: see read_changes.
MATCH (r:Record)
USING INDEX SEEK r:Record(kind, revision, place)
WHERE r.kind = $kind AND r.revision >= $revision AND r.revision <= $until AND r.place > 0
  AND CASE WHEN r.revision > $revision THEN true ELSE r.place > $place END
  AND ($categories IS NULL OR r.category IN $categories)
WITH r ORDER BY r.kind, r.revision, r.place LIMIT $limit
RETURN r{.kind, .revision, .place, .body} AS record
