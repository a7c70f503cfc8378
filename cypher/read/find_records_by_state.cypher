// Finds a page of records of one kind in some states, in the order in which they were raised.
// $kind: STRING
// $revision: INTEGER
// $place: INTEGER; the page starts behind this place of that revision
// $until: INTEGER, a revision
// $categories: LIST<STRING> or null
// $states: LIST<STRING>
// $limit: INTEGER
// Returns: record: MAP, ordered by (revision, place)
// Why: One seek for each state; what is in a state that people ask for is little, so sorting it is cheap.
UNWIND $states AS state
WITH DISTINCT state
MATCH (r:Record)
USING INDEX SEEK r:Record(kind, state, revision)
WHERE r.kind = $kind AND r.state = state AND r.revision >= $revision AND r.revision <= $until
  AND CASE WHEN r.revision > $revision THEN true ELSE r.place > $place END
  AND ($categories IS NULL OR r.category IN $categories)
WITH r ORDER BY r.revision, r.place LIMIT $limit
RETURN r{.kind, .revision, .place, .body} AS record
